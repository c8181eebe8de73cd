/**
 * The computations of a GPT-2, layer by layer, from a row of the text on.
 *
 * Rows before it are those of an earlier text that begins alike: in a causal transformer they stay as they are.
 *
 * @import { Kernel } from "./kernel.js"
 * @import { Shape, Weights } from "./unpack.js"
 *
 * @typedef {object} Matrix
 * @property {number} place  Its place in the memory, in numbers; eight columns lie together, one row after the other.
 * @property {number} rows
 * @property {number} columns
 *
 * @typedef {object} Stage  One layer on one text, up to the outputs of its heads.
 * @property {Float32Array} state  The residual stream that the layer reads, [token, width].
 * @property {Float32Array} seen  Queries, keys and values, [token, 3 x width].
 * @property {Float32Array} pattern  [head, query, key]
 * @property {Float32Array} outputs  The outputs of the heads before the output projection, [token, width].
 */
import { createKernel } from "./kernel.js";
import { unpackedTensors } from "./unpack.js";

/** A GPT-2 with its weights, and the memory for one layer of one text. */
export class Gpt2 {
  /** @param {Weights} weights */
  constructor(weights) {
    /** @type {Shape} */
    this.shape = weights.shape;
    const { longest, width, inner } = this.shape;
    this.tensors = unpackedTensors(weights);
    const matrices = [...this.tensors].filter(([name]) => /^h\..*\.weight$/.test(name) && !name.includes("ln_"));
    const size = matrices.reduce((sum, [, tensor]) => sum + tensor.length, 0);
    this.most = longest + 8; // rows in the memory: tiles reach beyond the last one
    /** @type {Kernel} */
    this.kernel = createKernel(4 * (size + this.most * (7 * width + inner + 4)));
    this.memory = new Float32Array(this.kernel.buffer);
    this.used = 0;
    this.summed = 32; // products are summed by so many, as in torch: one long sum of float32 is less exact
    /** @type {Map<string, Matrix>} */
    this.matrices = new Map(matrices.map(([name, tensor]) => [name, this.laid(name, tensor)]));
    for (const [name] of matrices) this.tensors.delete(name);
    this.state = this.reserved(this.most * width);
    this.read = this.reserved(this.most * width);
    this.outputs = this.reserved(this.most * width);
    this.seen = this.reserved(this.most * 3 * width);
    this.keys = this.reserved(this.most * width);
    this.scores = this.reserved(this.most * 4);
    this.hidden = this.reserved(this.most * inner);
  }

  /**
   * Return the place of so many numbers that nothing else uses.
   *
   * @param {number} count
   * @returns {number}
   */
  reserved(count) {
    this.used += count;
    return this.used - count;
  }

  /**
   * Lay a matrix into the memory so that eight columns lie together.
   *
   * @param {string} name
   * @param {Float32Array} tensor
   * @returns {Matrix}
   */
  laid(name, tensor) {
    const columns = this.tensor(name.replace("weight", "bias")).length;
    const rows = tensor.length / columns;
    const place = this.reserved(tensor.length);
    for (let number = 0; number < tensor.length; number++) {
      const [row, column] = [Math.floor(number / columns), number % columns];
      this.memory[place + (column >> 3) * rows * 8 + row * 8 + (column & 7)] = tensor[number];
    }
    return { place, rows, columns };
  }

  /**
   * @param {string} name
   * @returns {Float32Array}
   */
  tensor(name) {
    return /** @type {Float32Array} */ (this.tensors.get(name));
  }

  /**
   * Return the states that the first layer reads, from a row on.
   *
   * @param {number[]} ids
   * @param {number} from
   * @returns {Float32Array}
   */
  embedded(ids, from) {
    const { width } = this.shape;
    const [words, places] = [this.tensor("wte.weight"), this.tensor("wpe.weight")];
    const states = new Float32Array((ids.length - from) * width);
    for (let number = 0; number < states.length; number++) {
      const [row, column] = [from + Math.floor(number / width), number % width];
      states[number] = words[ids[row] * width + column] + places[row * width + column];
    }
    return states;
  }

  /**
   * Return a layer's stage on a text whose first rows are known from an earlier one.
   *
   * @param {number} layer
   * @param {Float32Array} states  What the layer reads, from row `from` on.
   * @param {number} from
   * @param {Stage | null} known  A stage with the same first rows.
   * @returns {Stage}
   */
  stage(layer, states, from, known) {
    const { width } = this.shape;
    const to = from + states.length / width;
    if (known) {
      this.memory.set(known.state.subarray(0, from * width), this.state);
      this.memory.set(known.seen.subarray(0, from * 3 * width), this.seen);
      this.memory.set(known.outputs.subarray(0, from * width), this.outputs);
    }
    this.memory.set(states, this.state + from * width);
    this.normalize(`h.${layer}.ln_1`, this.state, from, to);
    this.multiply(this.read, `h.${layer}.attn.c_attn`, this.seen, from, to, true);
    return {
      pattern: this.attend(from, to, known),
      state: this.memory.slice(this.state, this.state + to * width),
      seen: this.memory.slice(this.seen, this.seen + to * 3 * width),
      outputs: this.memory.slice(this.outputs, this.outputs + to * width),
    };
  }

  /**
   * Return what the layer hands on, from a row on, with some of its heads' outputs set to zero.
   *
   * @param {number} layer
   * @param {Stage} stage
   * @param {number[]} off
   * @param {number} from
   * @returns {Float32Array}
   */
  handedOn(layer, stage, off, from) {
    const { width, heads } = this.shape;
    const [size, to] = [width / heads, stage.state.length / width];
    this.memory.set(stage.state.subarray(from * width), this.state + from * width);
    this.memory.set(stage.outputs.subarray(from * width), this.outputs + from * width);
    for (let row = from; row < to; row++) {
      for (const head of off) {
        const place = this.outputs + row * width + head * size;
        this.memory.fill(0, place, place + size);
      }
    }
    this.multiply(this.outputs, `h.${layer}.attn.c_proj`, this.state, from, to, false);
    this.normalize(`h.${layer}.ln_2`, this.state, from, to);
    this.multiply(this.read, `h.${layer}.mlp.c_fc`, this.hidden, from, to, true);
    this.activate(from, to);
    this.multiply(this.hidden, `h.${layer}.mlp.c_proj`, this.state, from, to, false);
    return this.memory.slice(this.state + from * width, this.state + to * width);
  }

  /**
   * Return the probability of every token behind a state of the last layer.
   *
   * @param {Float32Array} state
   * @returns {Float64Array}
   */
  probabilities(state) {
    const { width } = this.shape;
    this.memory.set(state, this.state);
    this.normalize("ln_f", this.state, 0, 1);
    const words = this.tensor("wte.weight");
    const logits = new Float64Array(words.length / width);
    for (let word = 0; word < logits.length; word++) {
      for (let column = 0; column < width; column++) {
        logits[word] += this.memory[this.read + column] * words[word * width + column];
      }
    }
    const most = logits.reduce((one, other) => Math.max(one, other));
    const sizes = logits.map((logit) => Math.exp(logit - most));
    const sum = sizes.reduce((one, other) => one + other);
    return sizes.map((one) => one / sum);
  }

  /**
   * Write rows, each with mean 0 and variance 1 before gain and bias, to where products read.
   *
   * @param {string} name
   * @param {number} source
   * @param {number} from
   * @param {number} to
   */
  normalize(name, source, from, to) {
    const { width, epsilon } = this.shape;
    const [memory, gain, bias] = [this.memory, this.tensor(`${name}.weight`), this.tensor(`${name}.bias`)];
    for (let row = from; row < to; row++) {
      const [first, target] = [source + row * width, this.read + row * width];
      let [sum, squares] = [0, 0];
      for (let column = 0; column < width; column++) sum += memory[first + column];
      const mean = sum / width;
      for (let column = 0; column < width; column++) squares += (memory[first + column] - mean) ** 2;
      const scale = 1 / Math.sqrt(squares / width + epsilon);
      for (let column = 0; column < width; column++) {
        memory[target + column] = (memory[first + column] - mean) * scale * gain[column] + bias[column];
      }
    }
  }

  /**
   * Multiply rows by a matrix and add its bias: anew, or to what is there.
   *
   * @param {number} source
   * @param {string} name
   * @param {number} target
   * @param {number} from
   * @param {number} to
   * @param {boolean} anew
   */
  multiply(source, name, target, from, to, anew) {
    const { place, rows, columns } = /** @type {Matrix} */ (this.matrices.get(`${name}.weight`));
    const [memory, bias, tile] = [this.memory, this.tensor(`${name}.bias`), this.kernel.tile];
    for (let row = from; row < to + 3; row++) {
      const first = target + row * columns;
      if (anew || row >= to) memory.set(bias, first);
      else for (let column = 0; column < columns; column++) memory[first + column] += bias[column];
    }
    for (let column = 0; column < columns; column += 8) {
      for (let first = 0; first < rows; first += this.summed) {
        const panel = 4 * (place + column * rows + 8 * first);
        const inner = Math.min(this.summed, rows - first);
        for (let row = from; row < to; row += 4) {
          const [a, c] = [source + row * rows + first, target + row * columns + column];
          tile(4 * a, 4 * rows, panel, 32, 4 * c, 4 * columns, inner);
        }
      }
    }
  }

  /**
   * Apply the activation of the MLP, `gelu_new`: x times the logistic function of twice what the tanh is taken of.
   *
   * @param {number} from
   * @param {number} to
   */
  activate(from, to) {
    const [memory, { inner }, factor] = [this.memory, this.shape, -2 * Math.sqrt(2 / Math.PI)];
    const end = this.hidden + to * inner;
    for (let place = this.hidden + from * inner; place < end; place++) {
      const x = memory[place];
      memory[place] = x / (1 + Math.exp(factor * (x + 0.044715 * x * x * x)));
    }
  }

  /**
   * Return the patterns of all heads, and leave their outputs in the memory.
   *
   * @param {number} from
   * @param {number} to
   * @param {Stage | null} known
   * @returns {Float32Array}
   */
  attend(from, to, known) {
    const { heads, width } = this.shape;
    const pattern = new Float32Array(heads * to * to);
    if (known) keptRows(pattern, to, known.pattern, heads, from);
    this.layKeys(to);
    this.memory.fill(0, this.outputs + from * width, this.outputs + (to + 3) * width);
    for (let row = from; row < to; row += 4) {
      for (let head = 0; head < heads; head++) this.attendTile(pattern, head, row, to);
    }
    return pattern;
  }

  /**
   * Lay the keys so that those of eight tokens lie together, one dimension after the other.
   *
   * @param {number} to
   */
  layKeys(to) {
    const [memory, { width }] = [this.memory, this.shape];
    for (let token = 0; token < to; token++) {
      const source = this.seen + token * 3 * width + width;
      for (let column = 0, place = this.keys + token; column < width; column++, place += this.most) {
        memory[place] = memory[source + column];
      }
    }
  }

  /**
   * Compute four rows of one head's pattern, and its outputs there.
   *
   * @param {Float32Array} pattern
   * @param {number} head
   * @param {number} row
   * @param {number} to
   */
  attendTile(pattern, head, row, to) {
    const [memory, { width, heads }, across] = [this.memory, this.shape, this.most];
    const [size, tile, last] = [width / heads, this.kernel.tile, Math.min(row + 4, to)];
    memory.fill(0, this.scores, this.scores + 4 * across);
    const query = 4 * (this.seen + row * 3 * width + head * size);
    for (let key = 0; key < last; key += 8) {
      const keys = 4 * (this.keys + head * size * across + key);
      tile(query, 12 * width, keys, 4 * across, 4 * (this.scores + key), 4 * across, size);
    }
    for (let number = row; number < row + 4; number++) {
      const place = this.scores + (number - row) * across;
      if (number < to) soften(memory, place, number + 1, across, 1 / Math.sqrt(size));
      else memory.fill(0, place, place + across);
      if (number < to) pattern.set(memory.subarray(place, place + to), (head * to + number) * to);
    }
    const values = this.seen + 2 * width + head * size;
    for (let column = 0; column < size; column += 8) {
      const output = 4 * (this.outputs + row * width + head * size + column);
      tile(4 * this.scores, 4 * across, 4 * (values + column), 12 * width, output, 4 * width, 4 * Math.ceil(last / 4));
    }
  }
}

/**
 * Copy the first rows of patterns into larger or smaller ones.
 *
 * @param {Float32Array} target  [head, query, key]
 * @param {number} size
 * @param {Float32Array} source
 * @param {number} heads
 * @param {number} rows
 */
export function keptRows(target, size, source, heads, rows) {
  const before = Math.sqrt(source.length / heads);
  for (let row = 0; row < heads * rows; row++) {
    const [head, query] = [Math.floor(row / rows), row % rows];
    const first = (head * before + query) * before;
    target.set(source.subarray(first, first + query + 1), (head * size + query) * size);
  }
}

/**
 * Turn scores into attention: the softmax over what a query sees, and zero behind.
 *
 * @param {Float32Array} memory
 * @param {number} place
 * @param {number} seen
 * @param {number} all
 * @param {number} scale
 */
export function soften(memory, place, seen, all, scale) {
  let [most, sum] = [-Infinity, 0];
  for (let key = place; key < place + seen; key++) most = Math.max(most, memory[key]);
  for (let key = place; key < place + seen; key++) {
    const one = Math.exp((memory[key] - most) * scale);
    memory[key] = one;
    sum += one;
  }
  for (let key = place; key < place + seen; key++) memory[key] /= sum;
  memory.fill(0, place + seen, place + all);
}
