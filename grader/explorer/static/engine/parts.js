/** The code of the worker as text: each class and function that it needs, as it stands in the page. */
import { countedBytes, lebBytes, sectionBytes, sizedBytes, tileBody, tileModule } from "./assembler.js";
import { Engine, refusal, serveEngine } from "./engine.js";
import { Gpt2, keptRows, soften } from "./gpt2.js";
import { createKernel, plainTile } from "./kernel.js";
import { Runs, sharedStart } from "./runs.js";
import { decodedBytes, lettersOfBytes, spelledPieces, Tokenizer } from "./tokenizer.js";
import { halfValues, unpackedTensors } from "./unpack.js";

const ASSEMBLER = [tileModule, tileBody, sectionBytes, sizedBytes, countedBytes, lebBytes];
const TRANSFORMER = [Gpt2, keptRows, soften, createKernel, plainTile, unpackedTensors, halfValues, Runs, sharedStart];
const TOKENIZER = [Tokenizer, spelledPieces, decodedBytes, lettersOfBytes];

/** @returns {string} */
export function workerText() {
  const parts = [...ASSEMBLER, ...TRANSFORMER, ...TOKENIZER, Engine, refusal, serveEngine];
  return [...parts.map(String), "serveEngine(self);"].join("\n");
}
