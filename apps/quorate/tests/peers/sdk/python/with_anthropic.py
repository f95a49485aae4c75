"""The official `anthropic` package against Quorate (GTW-20)."""

import anthropic
from checks import GREETING, KEY, MODELS, PICTURE, QUESTION, URL, check, end, raises, same
from pydantic import BaseModel

client = anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0)

WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
    },
}
ARGUMENTS = {"city": "Porto", "unit": "celsius"}
CITY = {
    "name": "tell_city",
    "description": "Tells of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
        "required": ["city", "people"],
    },
}


class City(BaseModel):
    city: str
    people: int


def ask(model, content, using=client, **more):
    return using.messages.create(model=model, max_tokens=200, messages=[{"role": "user", "content": content}], **more)


def message(model):
    said = ask(model, "Hello", system="Be kind.", metadata={"user_id": "u7"})
    same((said.type, said.role, said.stop_reason, said.stop_sequence), ("message", "assistant", "end_turn", None))
    same([(block.type, block.text) for block in said.content], [("text", GREETING)])
    same((said.usage.input_tokens, said.usage.cache_read_input_tokens, said.usage.output_tokens), (20, 10, 12))
    assert said.id.startswith("msg_") and said._request_id, "no id"


def stream(model):
    with client.messages.stream(
        model=model, max_tokens=200, messages=[{"role": "user", "content": "Hello"}]
    ) as events:
        same("".join(events.text_stream), GREETING)
        whole = events.get_final_message()
    same((whole.stop_reason, whole.content[0].text), ("end_turn", GREETING))
    same((whole.usage.input_tokens, whole.usage.cache_read_input_tokens, whole.usage.output_tokens), (20, 10, 12))
    kinds = [event.type for event in ask(model, "Hello", stream=True)]
    same((kinds[0], kinds[-2:]), ("message_start", ["message_delta", "message_stop"]))


def tools(model):
    turns = [{"role": "user", "content": "What is the weather?"}]
    said = client.messages.create(model=model, max_tokens=200, messages=turns, tools=[WEATHER])
    call = said.content[-1]
    same((said.stop_reason, call.type, call.name, call.input), ("tool_use", "tool_use", "get_weather", ARGUMENTS))
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Rain, 14 degrees"}
    turns += [{"role": "assistant", "content": said.content}, {"role": "user", "content": [result]}]
    said = client.messages.create(model=model, max_tokens=200, messages=turns, tools=[WEATHER])
    same((said.stop_reason, said.content[0].text), ("end_turn", "It rains in Porto."))


def streamed_tools(model):
    turns = [{"role": "user", "content": "What is the weather?"}]
    with client.messages.stream(model=model, max_tokens=200, messages=turns, tools=[WEATHER]) as events:
        kinds = {event.type for event in events}
        whole = events.get_final_message()
    assert "input_json" in kinds, kinds
    same((whole.stop_reason, whole.content[-1].name, whole.content[-1].input), ("tool_use", "get_weather", ARGUMENTS))


def structured(model):
    said = ask(model, "A city as JSON", tools=[WEATHER], tool_choice={"type": "none"})
    assert said.content[0].type == "text", said
    choice = {"type": "tool", "name": "tell_city"}
    call = ask(model, "Tell of a city", tools=[WEATHER, CITY], tool_choice=choice).content[0]
    same((call.type, call.name, call.input), ("tool_use", "tell_city", {"city": "Porto", "people": 231800}))
    turns = [{"role": "user", "content": "A city as JSON"}]
    parsed = client.messages.parse(model=model, max_tokens=200, messages=turns, output_format=City)
    same(parsed.parsed_output, City(city="Porto", people=231800))


def vision(model):
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    parts = [{"type": "image", "source": source}, {"type": "text", "text": "What is in the picture?"}]
    same(ask(model, parts).content[0].text, "A red square.")


def thinking(model):
    budget = {"type": "enabled", "budget_tokens": 1024}
    turns = [{"role": "user", "content": "Think, then answer"}]
    said = client.messages.create(model=model, max_tokens=2000, messages=turns, thinking=budget)
    same([block.type for block in said.content], ["thinking", "text"])
    same((said.content[0].thinking, said.content[1].text), ("Six times seven.", "Forty-two."))
    with client.messages.stream(model=model, max_tokens=2000, messages=turns, thinking=budget) as events:
        whole = events.get_final_message()
    same((whole.content[0].thinking, whole.content[0].signature), (said.content[0].thinking, said.content[0].signature))
    # It is given back as it came.
    turns += [{"role": "assistant", "content": whole.content}, {"role": "user", "content": "Go on"}]
    client.messages.create(model=model, max_tokens=2000, messages=turns, thinking=budget)


def count(model):
    turns = [{"role": "user", "content": "Hello there, how many tokens are these?"}]
    little = client.messages.count_tokens(model=model, messages=turns).input_tokens
    more = client.messages.count_tokens(model=model, messages=turns, system="Be kind. " * 20, tools=[WEATHER]).input_tokens
    assert 0 < little < more, (little, more)


def unknown_fields(model):
    # The first two are older fields that this package no longer names.
    older = {"temperature": 0.5, "top_k": 5}
    said = ask(model, "Hello", extra_body={**older, "unheard_of": {"deep": [1.5, "é"]}})
    same(said.content[0].text, GREETING)


def models():
    listed = {model.id: model for model in client.models.list()}
    for name in ["board", "board-quick", "board-deep", "default", *MODELS]:
        same((name in listed, listed[name].type), (True, "model"))
        same(client.models.retrieve(name).id, name)


def errors(model):
    stranger = client.with_options(api_key="qk_live_nobody")
    refused = raises(anthropic.AuthenticationError, lambda: ask(model, "Hello", using=stranger))
    same((refused.status_code, refused.body["error"]["type"]), (401, "authentication_error"))
    assert refused.request_id, "no request id"
    same(refused.body["request_id"], refused.request_id)
    unknown = raises(anthropic.NotFoundError, lambda: ask("nobody/knows", "Hello"))
    same(unknown.body["error"]["type"], "not_found_error")
    assert "nobody/knows" in unknown.message, unknown.message
    wrong = raises(anthropic.BadRequestError, lambda: ask(7, "Hello"))
    same(wrong.body["error"]["type"], "invalid_request_error")
    refused = raises(anthropic.BadRequestError, lambda: ask(model, "Refuse this"))
    assert "scripted: this is refused" in refused.message, refused.message
    broken = raises_in_stream(model)
    assert broken.message, "no message"


def raises_in_stream(model):
    try:
        for _ in ask(model, "Break off", stream=True):
            pass
    except anthropic.APIError as error:
        return error
    raise AssertionError("a broken stream was taken for a whole one")


def retries(model):
    busy = raises(anthropic.RateLimitError, lambda: ask(model, "Always busy"))
    same((busy.status_code, busy.response.headers["retry-after"]), (429, "7"))
    said = ask(model, "Busy once", using=client.with_options(max_retries=2))
    same(said.content[0].text, GREETING)


def board():
    thoughts = []
    with client.messages.stream(
        model="board-quick", max_tokens=4000, messages=[{"role": "user", "content": QUESTION}]
    ) as events:
        for event in events:
            if event.type == "thinking":
                thoughts.append(event.thinking)
        whole = events.get_final_message()
    assert "**" in "".join(thoughts), "no discussion"
    assert whole.content[-1].text.startswith("#"), "no report"


for model in MODELS:
    for do in [message, stream, tools, streamed_tools, structured, vision, thinking, count, unknown_fields]:
        check(do.__name__, do, model)
    for do in [errors, retries]:
        check(do.__name__, do, model)
check("models", models)
check("board", board)
end()
