/** Programs that call this server with a key, ready to run. The key comes from the environment or stands in them. */
export interface Snippet {
	id: 'curl' | 'python' | 'javascript';
	name: string;
	code: string;
}

/** `origin` as people reach this server; `token` as it is shown, once. */
export function snippets(origin: string, token: string): Snippet[] {
	const base = `${origin}/v1`;
	return [
		{
			id: 'curl',
			name: 'curl',
			code: [
				`curl ${base}/chat/completions \\`,
				`  -H "Authorization: Bearer ${token}" \\`,
				'  -H "Content-Type: application/json" \\',
				`  -d '{"model": "default", "messages": [{"role": "user", "content": "Hello"}]}'`,
			].join('\n'),
		},
		{
			id: 'python',
			name: 'Python',
			code: [
				'# pip install openai',
				'from openai import OpenAI',
				'',
				`client = OpenAI(base_url="${base}", api_key="${token}")`,
				'answer = client.chat.completions.create(',
				'    model="default",',
				'    messages=[{"role": "user", "content": "Hello"}],',
				')',
				'print(answer.choices[0].message.content)',
			].join('\n'),
		},
		{
			id: 'javascript',
			name: 'JavaScript',
			code: [
				'// npm install openai',
				'import OpenAI from "openai";',
				'',
				`const client = new OpenAI({ baseURL: "${base}", apiKey: "${token}" });`,
				'const answer = await client.chat.completions.create({',
				'  model: "default",',
				'  messages: [{ role: "user", content: "Hello" }],',
				'});',
				'console.log(answer.choices[0].message.content);',
			].join('\n'),
		},
	];
}
