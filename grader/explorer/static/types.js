/**
 * The types that several modules share. This module has no code.
 *
 * @typedef {[number, number]} Head  Layer and head, both counted from 0.
 * @typedef {"en" | "ko"} Language
 *
 * @typedef {object} Token
 * @property {string} text  The token as text; the second of three tokens that make up one character ends in `(2/3)`.
 * @property {number} id  Its number in the vocabulary; -1 for a word that the tokenizer does not know.
 * @property {boolean} special  True if it stands for no text, such as a token that the tokenizer puts around a text.
 * @property {number} start  The place in the text where it begins, in UTF-16 code units.
 * @property {number} end  The place behind it; equal to `start` for a token that stands for no text.
 *
 * @typedef {object} Reading
 * @property {string} text
 * @property {Token[]} tokens
 *
 * @typedef {object} Prediction
 * @property {string} token
 * @property {number} probability  Between 0 and 1.
 *
 * @typedef {object} About  The transformer that a source computes with.
 * @property {string} id
 * @property {number} layers
 * @property {number} heads  The number of heads in each layer.
 * @property {boolean} causal  True if a query sees only itself and the keys before it.
 * @property {number | null} longest  The most tokens of a text; null if there is no such limit.
 * @property {boolean} predicts  True if it predicts the next token.
 * @property {boolean} switches  True if heads can be switched off.
 *
 * @typedef {object} Source  One of the four ways to get patterns.
 * @property {About} about
 * @property {Promise<void>} [ready]  Settles when questions are answered at once; absent where they always are.
 * @property {(text: string) => Promise<Reading>} read  Rejects with an ExplorerError if the text is empty or too long.
 * @property {(text: string, layer: number, off: Head[]) => Promise<Float32Array>} layer
 *   The patterns of one layer, [head, query, key] in rows of full length; the outputs of the heads in `off` are zero.
 * @property {(text: string, off: Head[]) => Promise<Prediction[]>} predict
 *   The ten most probable tokens behind the text, most probable first.
 * @property {((kind: string, number: number, agreed: number) => Promise<Hints>)} [hints]
 *   All hints up to this number that were taken for a kind; asking for one more takes it if it costs no more than agreed.
 * @property {((submission: SubmissionDraft) => Promise<HandedIn>)} [handIn]
 *   Grade the claims, and count the attempt.
 * @property {((yaml: string) => Promise<SubmissionDraft>)} [readFile]
 *   Read a submission file with the grader's own parser; rejects with its problems.
 *
 * @typedef {object} Hint
 * @property {string} title
 * @property {string[]} lines
 * @property {string} [text]  A text to try.
 *
 * @typedef {object} Hints
 * @property {Hint[]} seen
 * @property {number} left
 * @property {number} cost  The XP that the next one costs.
 *
 * @typedef {object} Claim  A claim as in a submission file.
 * @property {number} layer
 * @property {number} head
 * @property {string} type
 * @property {number} [offset]
 * @property {string} [relation]
 * @property {string} [note]
 * @property {string} [evidence]
 * @property {Record<string, unknown>} [more]  What else the file says about it; the page keeps it as it is.
 *
 * @typedef {object} SubmissionDraft
 * @property {string} exercise
 * @property {Claim[]} claims
 * @property {Record<string, unknown>} [more]
 *
 * @typedef {object} VerdictShown
 * @property {number} layer
 * @property {number} head
 * @property {string} kind  The kind's full name, such as `positional:-1`.
 * @property {string} outcome  `confirmed`, `refuted`, ... as in a report; empty if the exercise does not say.
 * @property {string} headline
 * @property {string[]} lines
 * @property {string[]} details  The numbers against their thresholds, and the thresholds' sources.
 * @property {number | null} points
 *
 * @typedef {object} HandedIn
 * @property {boolean | null} passed
 * @property {string[]} lines  Score, XP and what else is said about the whole submission.
 * @property {VerdictShown[]} verdicts
 * @property {string | null} page  The address of the whole report.
 *
 * @typedef {object} KindAsked  A kind of head that the exercise asks for; nothing measured.
 * @property {string} name
 * @property {string} type
 * @property {Record<string, number | string>} parameters
 * @property {string} title
 * @property {string} letters
 * @property {string} light  The type's colour on light pages; it only repeats the letters.
 * @property {string} dark
 * @property {number} points
 * @property {number} heads  The number of such heads that earn points.
 * @property {boolean} from_tokens  True if the page can outline its targets on any text.
 * @property {boolean} more_needed  True if the exercise asks for more than the pattern (what depends on the head).
 * @property {Sentence | null} sentence  A text on which such heads show what they are.
 * @property {Hint[] | null} hints  The hints, where they cost nothing and no ledger has to know; null elsewhere.
 *
 * @typedef {object} Sentence
 * @property {string} text
 * @property {string} see  A question about it.
 * @property {[number, number, number, number][]} looks
 *   The words that should look (start, end) at which words (start, end), in UTF-16 code units, where tokens do not tell.
 *
 * @typedef {object} Content  The exercise as the page knows it; no score of a probe is in it.
 * @property {string} exercise  Its id; empty without an exercise.
 * @property {string} title
 * @property {KindAsked[]} kinds
 * @property {number} budget  The most claims of a submission.
 * @property {number} wrong_costs  The points that a wrong claim costs.
 * @property {number} hint_costs  The XP that a hint costs.
 * @property {number | null} attempts  The most submissions; null if there is no limit.
 * @property {string} text  The sentence that stands there at first.
 * @property {boolean} causal_claims  True if claims say more than layer, head and kind.
 * @property {Record<string, number | string>} defaults  The value of each parameter that a claim may leave out.
 * @property {Record<string, Record<string, number | string>>} spellings
 *   Other words for a type, each with the type and the parameters that it means.
 *
 * @typedef {object} Given  Everything that Python writes into the page.
 * @property {Record<Language, Record<string, string>>} words
 * @property {Record<Language, Content>} content
 * @property {Language} language  The language that is shown first.
 * @property {{kind: string} & Record<string, unknown>} source  How patterns are got: `browser`, `server`, `given`, `widget`.
 * @property {string | null} service  The address of a service that takes submissions.
 */

export {};
