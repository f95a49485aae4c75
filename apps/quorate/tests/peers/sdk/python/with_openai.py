"""The official `openai` package against Quorate (GTW-20)."""

import asyncio

import openai
from checks import GREETING, KEY, MODELS, PICTURE, QUESTION, URL, check, end, raises, same
from pydantic import BaseModel

client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather in a city.", "parameters": PARAMETERS},
}
ARGUMENTS = '{"city":"Porto","unit":"celsius"}'


class City(BaseModel):
    city: str
    people: int


def ask(model, text, **more):
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}], **more)


def chat(model):
    said = ask(model, "Hello", temperature=0.5, max_completion_tokens=50)
    same(said.object, "chat.completion")
    same((said.choices[0].message.role, said.choices[0].message.content), ("assistant", GREETING))
    same(said.choices[0].finish_reason, "stop")
    same((said.usage.prompt_tokens, said.usage.completion_tokens, said.usage.total_tokens), (30, 12, 42))
    same(said.usage.prompt_tokens_details.cached_tokens, 10)
    assert said._request_id, "no request id"


def raw_headers(model):
    answer = client.chat.completions.with_raw_response.create(
        model=model, messages=[{"role": "user", "content": "Hello"}]
    )
    same(answer.headers["x-quorate-model"], model)
    same(answer.parse().choices[0].message.content, GREETING)


def stream(model):
    chunks = list(ask(model, "Hello", stream=True, stream_options={"include_usage": True}))
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), GREETING)
    same([chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1], "stop")
    same((chunks[-1].choices, chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens), ([], 30, 12))
    assert len({chunk.id for chunk in chunks}) == 1, "one answer has one id"
    assert all(chunk.choices for chunk in ask(model, "Hello", stream=True)), "usage that nobody asked for"


def stream_helper(model):
    messages = [{"role": "user", "content": "What is the weather?"}]
    with client.chat.completions.stream(model=model, messages=messages, tools=[WEATHER]) as events:
        kinds = {event.type for event in events}
        whole = events.get_final_completion()
    assert "tool_calls.function.arguments.delta" in kinds, kinds
    same(whole.choices[0].message.tool_calls[0].function.arguments.replace(" ", ""), ARGUMENTS)


async def streams_at_once(model):
    async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0) as many:

        async def one():
            pieces = await many.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Hello"}], stream=True
            )
            return "".join([piece.choices[0].delta.content or "" async for piece in pieces if piece.choices])

        same(set(await asyncio.gather(*[one() for _ in range(8)])), {GREETING})


def tools(model):
    turns = [{"role": "user", "content": "What is the weather?"}]
    said = client.chat.completions.create(model=model, messages=turns, tools=[WEATHER])
    message = said.choices[0].message
    same((said.choices[0].finish_reason, message.content), ("tool_calls", None))
    call = message.tool_calls[0]
    same((call.type, call.function.name), ("function", "get_weather"))
    same(call.function.arguments.replace(" ", ""), ARGUMENTS)
    turns += [message, {"role": "tool", "tool_call_id": call.id, "content": "Rain, 14 degrees"}]
    said = client.chat.completions.create(model=model, messages=turns, tools=[WEATHER], tool_choice="auto")
    same(said.choices[0].message.content, "It rains in Porto.")


def streamed_tools(model):
    chunks = list(ask(model, "What is the weather?", tools=[WEATHER], stream=True))
    calls = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or []]
    same({call.index for call in calls}, {0})
    same((bool(calls[0].id), calls[0].function.name), (True, "get_weather"))
    assert not any(call.id for call in calls[1:]), "the id comes once"
    same("".join(call.function.arguments or "" for call in calls).replace(" ", ""), ARGUMENTS)
    same([choice.finish_reason for chunk in chunks for choice in chunk.choices][-1], "tool_calls")


def structured(model):
    messages = [{"role": "user", "content": "A city as JSON"}]
    said = client.chat.completions.parse(model=model, messages=messages, response_format=City)
    same(said.choices[0].message.parsed, City(city="Porto", people=231800))
    with client.chat.completions.stream(model=model, messages=messages, response_format=City) as events:
        for _ in events:
            pass
        same(events.get_final_completion().choices[0].message.parsed, City(city="Porto", people=231800))


def vision(model):
    parts = [
        {"type": "text", "text": "What is in the picture?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}", "detail": "low"}},
    ]
    same(ask(model, parts).choices[0].message.content, "A red square.")


def thinking(model):
    said = ask(model, "Think, then answer").choices[0].message
    same((said.content, said.reasoning_content), ("Forty-two.", "Six times seven."))
    pieces = [chunk.choices[0].delta for chunk in ask(model, "Think, then answer", stream=True)]
    thought = [(piece.model_extra or {}).get("reasoning_content") or "" for piece in pieces]
    same("".join(thought), "Six times seven.")


def unknown_fields(model):
    said = ask(model, "Hello", seed=7, extra_body={"unheard_of": {"deep": [1.5, "é"]}})
    same(said.choices[0].message.content, GREETING)


def embeddings():
    packed = client.embeddings.create(model="open/vectors", input=["one", "two"])
    plain = client.embeddings.create(model="open/vectors", input=["one", "two"], encoding_format="float")
    same([one.index for one in packed.data], [0, 1])
    for one, other in zip(packed.data, plain.data, strict=True):
        assert all(abs(a - b) < 1e-6 for a, b in zip(one.embedding, other.embedding, strict=True)), one.index
    assert packed.data[0].embedding != packed.data[1].embedding
    assert packed.usage.prompt_tokens > 0
    local = client.embeddings.create(model="offline/demo", input="one")
    same((len(local.data), local.object), (1, "list"))


def models():
    listed = {model.id: model for model in client.models.list()}
    for name in ["board", "board-quick", "board-deep", "default", *MODELS]:
        same((name in listed, listed[name].object), (True, "model"))
        same(client.models.retrieve(name).id, name)


def response(model):
    said = client.responses.create(model=model, instructions="Be kind.", input="Hello", metadata={"run": "7"})
    same((said.object, said.status, said.error), ("response", "completed", None))
    same(said.output_text, GREETING)
    same((said.usage.input_tokens, said.usage.output_tokens, said.usage.total_tokens), (30, 12, 42))
    same(said.usage.input_tokens_details.cached_tokens, 10)
    same((said.output[0].type, said.output[0].status, said.output[0].role), ("message", "completed", "assistant"))
    same((said.instructions, said.metadata), ("Be kind.", {"run": "7"}))
    assert said._request_id and said.created_at > 0


def response_stream(model):
    events = list(client.responses.create(model=model, input="Hello", stream=True))
    kinds = [event.type for event in events]
    beginning = ["created", "in_progress", "output_item.added", "content_part.added"]
    same(kinds[:4], [f"response.{kind}" for kind in beginning])
    ending = ["output_text.done", "content_part.done", "output_item.done", "completed"]
    same(kinds[-4:], [f"response.{kind}" for kind in ending])
    same(set(kinds[4:-4]), {"response.output_text.delta"})
    same([event.sequence_number for event in events], list(range(len(events))))
    same("".join(event.delta for event in events if event.type == "response.output_text.delta"), GREETING)
    same(events[-1].response.output_text, GREETING)
    same(events[-1].response.usage.output_tokens, 12)


def response_tools(model):
    tool = {"type": "function", "strict": True, **WEATHER["function"]}
    turns = [{"role": "user", "content": "What is the weather?"}]
    said = client.responses.create(model=model, input=turns, tools=[tool])
    call = next(item for item in said.output if item.type == "function_call")
    same((call.name, call.arguments.replace(" ", ""), call.status), ("get_weather", ARGUMENTS, "completed"))
    turns += said.output
    turns.append({"type": "function_call_output", "call_id": call.call_id, "output": "Rain, 14 degrees"})
    same(client.responses.create(model=model, input=turns, tools=[tool]).output_text, "It rains in Porto.")
    with client.responses.stream(model=model, input="What is the weather?", tools=[tool]) as events:
        kinds = [event.type for event in events]
        whole = events.get_final_response()
    assert "response.function_call_arguments.delta" in kinds and "response.function_call_arguments.done" in kinds, kinds
    same(whole.output[0].arguments.replace(" ", ""), ARGUMENTS)


def response_structured(model):
    said = client.responses.parse(model=model, input="A city as JSON", text_format=City)
    same(said.output_parsed, City(city="Porto", people=231800))
    with client.responses.stream(model=model, input="A city as JSON", text_format=City) as events:
        same(events.get_final_response().output_parsed, City(city="Porto", people=231800))


def response_vision(model):
    parts = [
        {"type": "input_text", "text": "What is in the picture?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}", "detail": "low"},
    ]
    said = client.responses.create(model=model, input=[{"role": "user", "content": parts}])
    same(said.output_text, "A red square.")


def response_thinking(model):
    said = client.responses.create(model=model, input="Think, then answer", reasoning={"effort": "low"})
    same([item.type for item in said.output], ["reasoning", "message"])
    same((said.output[0].summary[0].text, said.output_text), ("Six times seven.", "Forty-two."))


def response_errors(model):
    raises(openai.NotFoundError, lambda: client.responses.create(model="nobody/knows", input="Hello"))
    raises(openai.BadRequestError, lambda: client.responses.create(model=model, input=7))
    refused = raises(openai.BadRequestError, lambda: client.responses.create(model=model, input="Refuse this"))
    assert "scripted: this is refused" in refused.message, refused.message
    broken = raises(openai.APIError, lambda: list(client.responses.create(model=model, input="Break off", stream=True)))
    assert broken.message, "no message"


def errors(model):
    stranger = client.with_options(api_key="qk_live_nobody")
    hello = [{"role": "user", "content": "Hello"}]
    refused = raises(openai.AuthenticationError, lambda: stranger.chat.completions.create(model=model, messages=hello))
    same((refused.status_code, refused.type), (401, "authentication_error"))
    assert refused.message and refused.request_id, "it says what, and where to look"
    unknown = raises(openai.NotFoundError, lambda: ask("nobody/knows", "Hello"))
    assert "nobody/knows" in unknown.message and unknown.request_id and unknown.code, unknown
    wrong = raises(openai.BadRequestError, lambda: ask(7, "Hello"))
    same((wrong.status_code, wrong.type), (400, "invalid_request_error"))
    assert "model" in wrong.message and wrong.request_id, wrong
    refused = raises(openai.BadRequestError, lambda: ask(model, "Refuse this"))
    assert "scripted: this is refused" in refused.message, refused.message
    broken = raises(openai.APIError, lambda: list(ask(model, "Break off", stream=True)))
    assert broken.message, "no message"


def retries(model):
    busy = raises(openai.RateLimitError, lambda: ask(model, "Always busy"))
    same((busy.status_code, busy.response.headers["retry-after"]), (429, "7"))
    patient = client.with_options(max_retries=2)
    said = patient.chat.completions.create(model=model, messages=[{"role": "user", "content": "Busy once"}])
    same(said.choices[0].message.content, GREETING)


def board():
    pieces, thoughts = [], []
    for chunk in ask("board-quick", QUESTION, stream=True):
        for choice in chunk.choices:
            pieces.append(choice.delta.content or "")
            thoughts.append((choice.delta.model_extra or {}).get("reasoning_content") or "")
    assert "".join(pieces).startswith("#"), "no report"
    assert "**" in "".join(thoughts), "no discussion"


for model in MODELS:
    for do in [chat, raw_headers, stream, stream_helper, tools, streamed_tools, structured, vision, thinking]:
        check(do.__name__, do, model)
    check("streams_at_once", lambda name: asyncio.run(streams_at_once(name)), model)
    for do in [unknown_fields, response, response_stream, response_tools, response_structured, response_vision]:
        check(do.__name__, do, model)
    for do in [response_thinking, response_errors, errors, retries]:
        check(do.__name__, do, model)
check("embeddings", embeddings)
check("models", models)
check("board", board)
end()
