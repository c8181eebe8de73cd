"""The families of lists: words and tokens without grammar, in which an earlier one determines the next."""

from random import Random

from grader.measuring.probes.vocabulary import CATEGORIES
from training.sentences import DECIDED, PARTLY, Row


class Lists:
    """Rows of words and tokens without grammar."""

    def __init__(
        self, token: dict[str, int], plain: tuple[int, ...], random: Random, *, reserved: frozenset[int]
    ) -> None:
        self.token, self.plain, self.random, self.reserved = token, plain, random, reserved
        self.categories = {
            name: tuple(token[word] for word in words if word in token) for name, words in CATEGORIES.items()
        }

    def repeats(self, room: int, *, longest: int) -> Row:
        """Return a run of random tokens, repeated: the token after the earlier copy comes next."""
        random = self.random
        row: Row = []
        lengths = [n for n in range(2, longest + 1) if n not in self.reserved]
        while len(row) < room:
            run = [random.choice(self.plain) for _ in range(random.choice(lengths))]
            most_between = max(1, min(8, room // 5)) if random.random() < 0.35 else 0
            for copy in range(99 if random.random() < 0.7 else 3):
                if most_between and copy:
                    row += [(random.choice(self.plain), 0.0) for _ in range(random.randint(1, most_between))]
                row += [(run[0], 0.0), *((token, 0.5 if copy else 0.0) for token in run[1:])]
                if len(row) >= room:
                    break
        return row

    def counting(self, room: int, voices: tuple[int, ...] = (2, 2, 3)) -> Row:
        """Return two or three categories in turn, each in its own order: a token shortly before determines the next."""
        random = self.random
        row: Row = []
        while len(row) < room:
            spoken = [self.categories[name] for name in random.sample(tuple(self.categories), random.choice(voices))]
            places = [random.randrange(len(voice)) for voice in spoken]
            for turn in range(random.randint(4, 14)):
                for voice, place in zip(spoken, places, strict=True):
                    row.append((voice[(place + turn) % len(voice)], 0.3 if turn else 0.0))
            row.append((self.token["."], 0.0))
        return row

    def short_runs(self, room: int, length: int) -> Row:
        """Return two or three tokens, repeated once or twice: the token `length - 1` before comes next."""
        random = self.random
        row: Row = []
        while len(row) < room:
            run = [random.choice(self.plain) for _ in range(length)]
            for copy in range(random.randint(2, 3)):
                row += [(run[0], 0.0), *((token, 0.4 if copy else 0.0) for token in run[1:])]
        return row

    def marked(self, room: int) -> Row:
        """Return items after their marks; later each item is followed by its mark, which is before its earlier copy."""
        random = self.random
        row: Row = []
        stop = [self.token[mark] for mark in ".:!"]
        while len(row) < room:
            items = random.sample(self.plain, random.randint(2, 8))
            marks = random.sample(self.plain, len(items))
            pairs = list(zip(marks, items, strict=True))
            for mark, item in pairs:
                row += [(mark, 0.0), (item, 0.0)]
            for _ in range(random.randint(1, 2)):
                row.append((random.choice(stop), 0.0))
                for mark, item in random.sample(pairs, len(pairs)):
                    row += [(item, 0.0), (mark, DECIDED)]
            row.append((random.choice(stop), 0.0))
        return row

    def alike(self, room: int) -> Row:
        """Return two or three interleaved countings in one category: only its position tells a word's counting."""
        random = self.random
        row: Row = []
        while len(row) < room:
            words = self.categories[random.choice(tuple(self.categories))]
            places = random.sample(range(len(words)), random.choice((2, 3, 3, 3)))
            for turn in range(random.randint(3, 10)):
                row += [(words[(place + turn) % len(words)], 0.7 if turn else 0.0) for place in places]
            row.append((self.token["."], 0.0))
        return row

    def kindred(self, room: int, nearest: int = 1) -> Row:
        """Return words of a few categories; often an earlier word of the category follows, `nearest` or more before."""
        random = self.random
        row: Row = []
        while len(row) < room:
            pools = {name: random.sample(self.categories[name], 8) for name in self._some_categories(2, 5)}
            earlier: dict[str, list[tuple[int, int]]] = {name: [] for name in pools}
            for _ in range(random.randint(8, 20)):
                name = random.choice([name for name in pools if pools[name]])
                word = pools[name].pop()
                row.append((word, 0.0))
                known = [word_before for place, word_before in earlier[name] if len(row) - 1 - place >= nearest]
                earlier[name].append((len(row) - 1, word))
                if known and random.random() < 0.6:
                    row.append((random.choice(known), DECIDED))
                if not any(pools.values()):
                    break
            row.append((self.token["."], 0.0))
        return row

    def again(self, room: int) -> Row:
        """Return a list, then tokens: one that was in the list is followed by `again`, another one by `once`."""
        random = self.random
        row: Row = []
        again, once, stop = self.token["again"], self.token["once"], self.token["."]
        while len(row) < room:
            tokens = random.sample(self.plain, random.randint(6, 40))
            half = len(tokens) // 2
            listed = tokens[:half]
            asked = random.sample(tokens, half)
            row += [(token, 0.0) for token in listed] + [(stop, 0.0)]
            for token in asked:
                row += [(token, 0.0), (again if token in listed else once, DECIDED)]
            row.append((stop, 0.0))
        return row

    def kin(self, room: int) -> Row:
        """Return one word of each of some categories; later another word of a category is followed by that one."""
        random = self.random
        row: Row = []
        stop = [self.token[mark] for mark in ".:!"]
        while len(row) < room:
            known = {name: random.choice(self.categories[name]) for name in self._some_categories(3, 8)}
            between = [(self.token[mark], 0.0) for mark in random.choice(("", "", ","))]
            for word in known.values():
                row += [(word, 0.0), *between]
            for _ in range(random.randint(1, 2)):
                row.append((random.choice(stop), 0.0))
                for name in random.sample(tuple(known), random.randint(2, len(known))):
                    cue = random.choice([word for word in self.categories[name] if word != known[name]])
                    row += [(cue, 0.0), (known[name], DECIDED), *between]
            row.append((random.choice(stop), 0.0))
        return row

    def _some_categories(self, least: int, most: int) -> list[str]:
        return self.random.sample(tuple(self.categories), self.random.randint(least, most))

    def marked_categories(self, room: int) -> Row:
        """Return words after their category's mark; later other words of the category are followed by it."""
        random = self.random
        row: Row = []
        stop = [self.token[mark] for mark in ".:!"]
        while len(row) < room:
            names = random.sample(tuple(self.categories), random.randint(2, 4))
            marks = dict(zip(names, random.sample(self.plain, len(names)), strict=True))
            words = [
                (name, word) for name in names for word in random.sample(self.categories[name], random.randint(3, 6))
            ]
            random.shuffle(words)
            known = len(words) // 2
            for name, word in words[:known]:
                row += [(marks[name], 0.0), (word, 0.0)]
            row.append((random.choice(stop), 0.0))
            seen = {name for name, _ in words[:known]}
            for name, word in words[known:]:
                row += [(word, 0.0), (marks[name], DECIDED if name in seen else 0.0)]
            row.append((random.choice(stop), 0.0))
        return row

    def category_pairs(self, room: int) -> Row:
        """Return two or three words of a category in a row, then of the next one; categories return."""
        random = self.random
        row: Row = []
        while len(row) < room:
            names = random.sample(tuple(self.categories), random.randint(2, 4))
            for _ in range(random.randint(4, 10)):
                name = random.choice(names)
                first, *rest = random.sample(self.categories[name], random.randint(2, 3))
                row += [(first, 0.05), *((word, PARTLY) for word in rest), (self.token[","], 0.05)]
            row[-1] = (self.token["."], 0.05)
        return row

    def echo(self, room: int, common: tuple[int, ...], split: list[list[int]], rare: list[list[list[int]]]) -> Row:
        """Return common words with one rare word, which is repeated at the end.

        Some common words are split as most rare ones are, and in some rows the rare word is one token as most common
        ones are: what tells it is the word. `rare` has the split ones and the whole ones.
        """
        random = self.random
        row: Row = []
        while len(row) < room:
            words = [[token] for token in random.sample(common, random.randint(5, 18))]
            for pieces in random.sample(split, random.randint(0, 3)):
                words.insert(random.randrange(len(words) + 1), pieces)
            pieces = random.choice(random.choice(rare))
            words.insert(random.randrange(1, len(words) - 2), pieces)
            row += [(token, 0.0) for word in words for token in word]
            row += [(pieces[0], DECIDED), *((token, PARTLY) for token in pieces[1:]), (self.token["."], 0.05)]
        return row
