import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

hljs.registerLanguage('bash', bash);
hljs.registerLanguage('json', json);
hljs.registerLanguage('python', python);
hljs.registerLanguage('rust', rust);
hljs.registerLanguage('sql', sql);
hljs.registerLanguage('typescript', typescript);
hljs.registerLanguage('xml', xml);
hljs.registerLanguage('yaml', yaml);
// What has its own name and the same words.
hljs.registerAliases(['js', 'javascript', 'jsx'], { languageName: 'typescript' });
hljs.registerAliases(['console', 'curl', 'shell'], { languageName: 'bash' });
hljs.registerAliases(['svelte'], { languageName: 'xml' });

/** More than this is not worth the wait on a phone. */
const MOST = 20_000;

/** Code as escaped HTML with spans of classes `hljs-…`; null for a language it does not know. */
export function highlight(text: string, language: string): string | null {
	if (text.length > MOST || !hljs.getLanguage(language)) return null;
	return hljs.highlight(text, { language, ignoreIllegals: true }).value;
}
