"""Any transformer measured under all kinds that apply, without an exercise of its own.

What stands in for the exercise asks for these kinds, so that its scores are kept and looked up like those of any
other. Its layers and heads, and the kinds that its tokenizer can carry, are kept as well: a second time neither torch
nor the tokenizer is needed.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from grader.base.errors import ExerciseError, UnsupportedTransformer
from grader.base.files import read_cache, write_cache
from grader.base.language import N_, _, speaking
from grader.exercises.usual import SOURCE, refuse_looking_ahead, usual
from grader.laboratory import Laboratory
from grader.laboratory.named import Named, named
from grader.measuring.tables.digests import basis_of
from grader.measuring.transformer import Loaded, locate
from grader.measuring.transformer.files import CONFIGURATION
from grader.measuring.transformer.verify import sha256_of
from grader.schema import AskedKind, Exercise, Kind, ProbeSettings, Record, TransformerSource
from grader.schema.atlas import LeftOut

FOLDER = "atlas"
"""The folder, among the tables, of what is known of transformers before they are measured."""
SETTINGS = ProbeSettings.model_validate({"seed": 0})

R = TypeVar("R", bound=Record)


class Applying(Record):
    """The kinds that can be measured on a transformer, and those that cannot, each with the reason."""

    kinds: tuple[Kind, ...]
    left_out: tuple[LeftOut, ...]


class AtlasLaboratory(Laboratory):
    """A transformer, and the folder where its measurements are kept."""

    def __init__(  # noqa: PLR0913 - what is measured, and in keywords how
        self,
        word: str | Named,
        folder: Path,
        *,
        kinds: Sequence[Kind] | None = None,
        settings: ProbeSettings = SETTINGS,
        kinds_source: str = SOURCE,
        device: str | None = None,
        say: Callable[[str], None] = lambda doing: None,
        progress: Callable[[float], None] = lambda done: None,
    ) -> None:
        """Find the transformer and the kinds that apply; without `kinds`, all that are usual.

        Args:
            word: What `named` takes or returns.
            folder: The folder of kept tables.
            kinds: The only kinds to measure.
            settings: Of the probes.
            kinds_source: The name of `kinds` in messages.
            device: Where heads are measured.
            say: Called with what is being done.
            progress: Called with how far a scan is.

        Raises:
            InvalidInput: There is no such transformer, or a kind looks ahead in a decoder.
            GraderError: The transformer is not found or cannot be measured, or no kind applies.
        """
        given = named(word, say) if isinstance(word, str) else word
        source = given.source if given.is_stated else _stated(given, folder)
        if source.family == "decoder" and kinds is not None:
            refuse_looking_ahead(kinds, source.name, kinds_source)
        asked = usual(causal=source.family == "decoder") if kinds is None else kinds
        whole = stand_in(source, settings, asked)
        super().__init__(whole, folder, explicit=given.path, device=device, say=say, progress=progress)
        basis = basis_of(self.digest, [kind.type for kind in asked], settings.precision, folder)
        parts = (basis.model_dump_json(), settings.model_dump_json(), *(kind.full_name for kind in asked))
        applying = _kept(folder, parts, Applying, lambda: self._applying(asked))
        self.left_out = applying.left_out
        if not applying.kinds:
            reasons = "; ".join(f"{each.kind.name}: {_(each.reason)}" for each in self.left_out)
            message = _("no kind can be measured on {transformer}: {reasons}", transformer=source.name, reasons=reasons)
            raise UnsupportedTransformer(message)
        self.exercise = stand_in(source, settings, applying.kinds)
        vars(self).pop("store", None)  # it may have been opened for all kinds, to find the device

    def _applying(self, kinds: Iterable[Kind]) -> Applying:
        self.say(_("building the probes for {transformer}", transformer=self.exercise.transformer.name))
        fitting, left_out = [], []
        for kind in kinds:
            if reason := _hindrance(kind, self.loaded, self.exercise.probes, causal=self.sees_back):
                left_out.append(LeftOut(kind=kind, reason=reason))
            else:
                fitting.append(kind)
        return Applying(kinds=tuple(fitting), left_out=tuple(left_out))


def stand_in(source: TransformerSource, settings: ProbeSettings, kinds: Iterable[Kind]) -> Exercise:
    """Return an exercise that asks for these kinds, so that heads can be held against thresholds; nobody is graded."""
    return Exercise(
        id=source.name,
        version=1,
        title=source.name,
        transformer=source,
        probes=settings,
        kinds=tuple(AskedKind(**kind.model_dump(), heads=1, points=1, passing=1) for kind in kinds),
        budget=1,
        wrong_costs=1.0,
    )


def _stated(given: Named, folder: Path) -> TransformerSource:
    """Return the source with the layers, heads and family that its files state, read again only if they change."""
    place = locate(given.source, given.path).path
    from_file = place if place.is_file() else place / CONFIGURATION[0]

    def read() -> TransformerSource:
        from grader.measuring.transformer.stated import completed

        return completed(given.source, place)

    basis = basis_of(sha256_of(from_file), (), SETTINGS.precision, folder)
    return _kept(folder, (basis.model_dump_json(), given.source.model_dump_json()), TransformerSource, read)


@speaking("en")
def _hindrance(kind: Kind, loaded: Loaded, settings: ProbeSettings, *, causal: bool) -> str:
    """Return why the kind cannot be measured on the transformer, in English, because it is kept; empty if it can."""
    from grader.measuring.probes.families import families_of, family
    from grader.measuring.questions import question
    from grader.measuring.transformer.reach import refuse_unreadable

    try:
        for name in families_of(kind):
            sequences = family(name, loaded.tokenizer, settings)
            questions = [question(kind, each).visible(causal=causal) for each in sequences]
            asked = [each.places[each.asked] for each in questions]
            if not any(map(len, asked)):
                return N_("its probe has no query with a target that such a head could see")
            lengths = [int(of_one[-1]) + 1 if causal else None for of_one in asked if len(of_one)]
            texts = [each.token_ids for each, of_one in zip(sequences, asked, strict=True) if len(of_one)]
            refuse_unreadable(loaded.model, [text[:length] for text, length in zip(texts, lengths, strict=True)])
    except (ExerciseError, UnsupportedTransformer) as error:
        return str(error).partition("; ")[0]
    return ""


def _kept(folder: Path, parts: Iterable[str], record: type[R], compute: Callable[[], R]) -> R:
    """Return the record that is kept for these parts, else the computed one, which is then kept."""
    path = folder / FOLDER / f"{sha256(chr(0).join(parts).encode()).hexdigest()}.json"
    with suppress(OSError, ValidationError):
        if raw := read_cache(path):
            return record.model_validate_json(raw)
    computed = compute()
    write_cache(path, computed.model_dump_json().encode())
    return computed
