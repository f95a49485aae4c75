/**
 * What a developer types to convene a board. Each was run as it stands, with OpenAI's own clients, against a server with
 * the demo model.
 */
export const EXAMPLES = [
	{
		id: 'curl',
		label: 'curl',
		code: `curl http://127.0.0.1:8080/v1/chat/completions \\
  -H "Authorization: Bearer $QUORATE_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{
    "model": "board",
    "messages": [{
      "role": "user",
      "content": "Should we open a second shop in Porto?"
    }]
  }'`,
	},
	{
		id: 'python',
		label: 'Python',
		code: `import os, openai

client = openai.OpenAI(
    base_url="http://127.0.0.1:8080/v1",
    api_key=os.environ["QUORATE_KEY"],
)
answer = client.chat.completions.create(
    model="board",  # or "board-quick", "board-deep"
    messages=[{
        "role": "user",
        "content": "Should we open a second shop in Porto?",
    }],
)
print(answer.choices[0].message.content)  # the report`,
	},
	{
		id: 'javascript',
		label: 'JavaScript',
		code: `import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: 'http://127.0.0.1:8080/v1',
  apiKey: process.env.QUORATE_KEY,
});
const answer = await client.chat.completions.create({
  model: 'board', // or 'board-quick', 'board-deep'
  messages: [{
    role: 'user',
    content: 'Should we open a second shop in Porto?',
  }],
});
console.log(answer.choices[0].message.content); // the report`,
	},
] as const;
