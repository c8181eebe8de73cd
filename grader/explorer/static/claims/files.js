/**
 * `my_heads.yaml`: written for download, and read from a file.
 *
 * @import { App } from "../app.js"
 * @import { SubmissionDraft } from "../types.js"
 */
import { element, fill } from "../elements.js";
import { asExplorerError, ExplorerError } from "../speech.js";
import { draftNow, keep, replaceClaims } from "./kept.js";
import { draftOf, yamlOf } from "./yaml.js";

const NAME = "my_heads.yaml";
const MOST_BYTES = 256 * 1024; // bytes, as the grader has it

/**
 * @param {App} app
 * @param {HTMLElement} said  The place for messages.
 * @param {() => void} show  Shows the basket anew.
 * @returns {HTMLElement}
 */
export function fileView(app, said, show) {
  const { store, t } = app;
  const save = element("button", { type: "button", onclick: () => download(yamlOf(draftNow(app))) }, t("file.save"));
  const field = element("input", {
    type: "file",
    className: "unseen",
    id: "claims-file",
    tabIndex: -1,
    accept: ".yaml,.yml,.json",
    "aria-label": t("file.open"),
    onchange: () => take(field.files?.[0]).then(() => field.value = ""),
  });
  const open = element("button", { type: "button", onclick: () => field.click() }, t("file.open"));
  const view = element(
    "div",
    { className: "side-by-side files" },
    save,
    open,
    field,
    element("span", { className: "soft" }, t("file.drop")),
  );

  /** @param {File | undefined} file */
  async function take(file) {
    if (!file) return;
    try {
      if (file.size > MOST_BYTES) throw new ExplorerError("file.large");
      const draft = await read(app, await file.text());
      replaceClaims(app, draft.claims, draft.more ?? {});
      keep(app);
      fill(said, t("file.read", { number: draft.claims.length, name: file.name }));
      show();
    } catch (error) {
      const { code, values } = asExplorerError(error);
      fill(said, element("span", { className: "wrong" }, `${file.name}: ${t(code, values)}`));
    }
  }

  const update = () => save.toggleAttribute("disabled", !store.get().claims.length);
  store.subscribe((state, before) => state.claims !== before.claims && update());
  update();
  view.addEventListener("dragover", (event) => event.preventDefault());
  view.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  });
  return view;
}

/**
 * The submission in a file's text, read by the grader itself where there is one.
 *
 * @param {App} app
 * @param {string} text
 * @returns {Promise<SubmissionDraft>}
 */
async function read({ content, source }, text) {
  const draft = source.readFile ? await source.readFile(text) : draftOf(text);
  const { exercise } = content();
  if (draft.exercise && draft.exercise !== exercise) {
    throw new ExplorerError("file.other_exercise", { other: draft.exercise, exercise });
  }
  return draft;
}

/** @param {string} text */
function download(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  element("a", { href: address, download: NAME }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
