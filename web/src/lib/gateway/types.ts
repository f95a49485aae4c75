// The words of the gateway under their short names. They come out of openapi.json by `npm run api`.
import type { components } from '$lib/api/schema';

type Schemas = components['schemas'];

/** Where a key is used: real work, or trying things out. Only its name differs. */
export type Environment = Schemas['Environment'];
/** An API key without its secret. */
export type ApiKey = Schemas['KeyView'];
/** What may be changed about a key. Null takes a limit away; what is left out stays. */
export type KeyChange = Schemas['KeyChangeBody'];
export type NewKey = Schemas['NewKeyBody'];
/** A key with its secret, which is shown this one time. */
export type MadeKey = Schemas['MadeKeyAnswer'];

/** What requests add up to. A cost is null where none is known, and missing for those who may not see it. */
export type Figures = Schemas['UsageFigures'];
/** An hour, a day or a month, from `start` on. */
export type Step = Schemas['UsageStep'];
export type UsageSummary = Schemas['UsageSummary'];
/** A model, a key or an endpoint with what it was used for. */
export type UsageGroup = Schemas['UsageGroup'];
/** One attempt of one call as the ledger keeps it (GTW-13). */
export type UsageRequest = Schemas['UsageRequest'];
/** What to look for among requests; what is empty asks for all. */
export type RequestFilter = Record<'model' | 'key' | 'status' | 'purpose', string>;

/** How much of what the plan holds is used. */
export type Meter = Schemas['Meter'];
/** The most that may be spent by an organization, a key or for a purpose. */
export type Budget = Schemas['BudgetView'];
/** What is needed to set a budget. */
export type NewBudget = Pick<Budget, 'scope' | 'subject' | 'period' | 'cap_microusd'>;

/** Dollars for a million tokens of a provider's model. */
export type ModelPrice = Schemas['ModelPrice'];
/** A provider of models, without its key. */
export type ModelProvider = Schemas['ModelProviderView'];
/** A kind that can be added; one without an address of its own needs to be told one. */
export type ModelProviderKind = Schemas['ModelProviderKind'];
/** What may be changed about a provider. What is left out stays. */
export type ModelProviderChange = Schemas['ModelProviderChange'];
export type NewModelProvider = Schemas['NewModelProvider'];
/** What came of trying a provider out. */
export type ModelProviderTest = Schemas['ModelProviderTest'];
/** A public name over targets. */
export type ModelRoute = Schemas['ModelRouteView'];
export type ModelRouteTarget = Schemas['ModelRouteTarget'];
/** What may be changed about a route. What is left out stays. */
export type ModelRouteChange = Schemas['ModelRouteChange'];
export type NewModelRoute = Schemas['NewModelRoute'];
