// Stands in for the generated file until ../openapi.json exists: `npm run api` overwrites it.
import type { BoardSession, NewSession, Persona, Report, User } from './types';

interface Pagination {
	next_cursor?: string | null;
	has_more: boolean;
}
type Ok<T> = { responses: { 200: { headers: object; content: { 'application/json': T } } } };
type Created<T> = { responses: { 201: { headers: object; content: { 'application/json': T } } } };
type Accepted = { responses: { 202: { headers: object; content: { 'application/json': { status: string } } } } };
type Empty = { responses: { 204: { headers: object; content?: never } } };
type Body<T> = { requestBody: { content: { 'application/json': T } } };
type None = { parameters: { query?: never } };
type Id = { parameters: { path: { id: string } } };

export interface paths {
	'/api/v1/users/me': { get: None & Ok<{ user: User }> };
	'/api/v1/auth/login': { post: None & Body<{ email: string; password: string }> & Ok<{ user: User }> };
	'/api/v1/auth/register': {
		post: None & Body<{ email: string; password: string; name?: string; locale?: string }> & Created<{ user: User }>;
	};
	'/api/v1/auth/first-operator': {
		post: None & Body<{ token: string; email: string; password: string; name?: string }> & Created<{ user: User }>;
	};
	'/api/v1/auth/logout': { post: None & Empty };
	'/api/v1/personas': { get: None & Ok<{ data: Persona[] }> };
	'/api/v1/sessions': {
		get: { parameters: { query?: { limit?: number; cursor?: string; status?: string } } } & Ok<{
			data: BoardSession[];
			pagination: Pagination;
		}>;
		post: None & Body<NewSession> & Created<{ session: BoardSession }>;
	};
	'/api/v1/sessions/{id}': { get: Id & Ok<{ session: BoardSession }>; delete: Id & Empty };
	'/api/v1/sessions/{id}/deliberation/start': { post: Id & Accepted };
	'/api/v1/sessions/{id}/deliberation/pause': { post: Id & Accepted };
	'/api/v1/sessions/{id}/deliberation/resume': { post: Id & Accepted };
	'/api/v1/sessions/{id}/deliberation/stop': { post: Id & Accepted };
	'/api/v1/sessions/{id}/answers': {
		post: Id & Body<{ answers: { question_id: string; answer: string | null }[] }> & Accepted;
	};
	'/api/v1/sessions/{id}/report': { get: Id & Ok<{ report: Report }> };
	'/api/v1/sessions/{id}/events': {
		get: { parameters: { path: { id: string }; query?: { after?: number; limit?: number } } } & Ok<{
			data: unknown[];
			pagination: Pagination;
		}>;
	};
}
