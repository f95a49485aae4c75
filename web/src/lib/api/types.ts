// The words of the API under their short names. All come from ../openapi.json by `npm run api`.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Phase = Schemas['Phase'];
export type SessionStatus = Schemas['Status'];
export type Mode = Schemas['Mode'];
export type OptionCard = Schemas['OptionCard'];
export type Matrix = Schemas['Matrix'];
export type Decision = Schemas['Decision'];
export type Outcome = Schemas['Outcome'];
export type ContributionType = Schemas['ContributionKind'];
export type StopReason = Schemas['StopReason'];
export type User = Schemas['UserView'];
export type Question = Schemas['Question'];
export type Failure = Schemas['Failure'];
export type BoardSession = Schemas['SessionView'];
export type Stance = Schemas['Stance'];
export type Contribution = Schemas['Contribution'];
export type Vote = Schemas['Vote'];
export type VoteDistribution = Schemas['Tally'];
export type DissentingView = Schemas['Dissent'];
export type NextStep = Schemas['NextAction'];
export type Absence = Schemas['Absence'];
export type RoundMeasure = Schemas['RoundReport'];
export type Report = Schemas['Report'];
export type Persona = Schemas['PersonaView'];
export type NewSession = Schemas['CreateSession'];
export type SubReport = Schemas['SubReport'];
