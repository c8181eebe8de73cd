"""The project's own English lexicon: common, regular words from which probes are built."""

from typing import Literal, NamedTuple

Gender = Literal["m", "f", "n"]


class Role(NamedTuple):
    """A kind of person, with a deed and an object that no other role shares."""

    plural: str
    gender: Gender
    verb_s: str
    verb: str
    past: str
    object: str


class Deed(NamedTuple):
    """A verb that suits anybody: after a singular, after a plural, and in the past."""

    verb_s: str
    verb: str
    past: str


def plural(noun: str) -> str:
    """Return the regular plural of a thing or a place."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith("ch") else "s")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _deeds(text: str) -> tuple[Deed, ...]:
    return tuple(Deed(*row.split()) for row in text.split(","))


def _roles(gender: Gender, table: str) -> dict[str, Role]:
    rows = [row.split() for row in table.split(",")]
    return {row[0]: Role(row[1], gender, *row[2:]) for row in rows}


# singular, plural, verb after a singular, verb after a plural, past, object
ROLES: dict[str, Role] = {
    **_roles(
        "m",
        """king kings commands command commanded armies, monk monks copies copy copied scrolls,
        wizard wizards brews brew brewed potions, waiter waiters pours pour poured wine,
        boy boys throws throw threw pebbles, uncle uncles tells tell told jokes, prince princes hunts hunt hunted deer,
        grandfather grandfathers smokes smoke smoked tobacco, nephew nephews solves solve solved puzzles,
        knight knights fights fight fought dragons, duke dukes owns own owned castles,
        cowboy cowboys ropes rope roped cattle""",
    ),
    **_roles(
        "f",
        """queen queens rules rule ruled realms, nun nuns recites recite recited prayers,
        witch witches casts cast cast spells, waitress waitresses serves serve served coffee,
        girl girls kicks kick kicked footballs, aunt aunts sends send sent postcards,
        princess princesses wears wear wore jewels, grandmother grandmothers knits knit knitted scarves,
        niece nieces blows blow blew bubbles, bride brides carries carry carried roses,
        actress actresses performs perform performed plays, widow widows keeps keep kept letters""",
    ),
    **_roles(
        "n",
        """baker bakers kneads knead kneaded dough, miner miners digs dig dug coal,
        farmer farmers grows grow grew wheat, tailor tailors sews sew sewed shirts,
        pilot pilots flies fly flew airplanes, painter painters mixes mix mixed colors,
        doctor doctors cures cure cured diseases, teacher teachers grades grade graded essays,
        lawyer lawyers drafts draft drafted contracts, butcher butchers chops chop chopped meat,
        gardener gardeners plants plant planted tulips, driver drivers steers steer steered trucks,
        singer singers sings sing sang songs, dancer dancers practices practice practiced steps,
        writer writers publishes publish published novels, judge judges decides decide decided cases,
        banker bankers lends lend lent money, hunter hunters sets set set traps,
        sailor sailors hoists hoist hoisted sails, soldier soldiers fires fire fired rifles,
        chemist chemists heats heat heated liquids, potter potters shapes shape shaped clay,
        thief thieves steals steal stole diamonds, student students takes take took exams""",
    ),
}

TRADES: dict[str, str] = {
    word: singular for singular, role in ROLES.items() for word in (singular, role.plural, *role[2:])
}
"""The trade of every person, deed and object, by the person."""

ADJECTIVES: tuple[str, ...] = _words(
    """
    old young tall short strong famous rich poor quiet clever kind brave polite loyal gentle strange
    elegant lonely proud humble wise modest cheerful serious friendly careful curious popular lovely
    beautiful ugly handsome calm gloomy jolly busy small little good nice
    """
)

# what a person is, and what the person then did
STATES: dict[str, str] = dict(
    pair.split("/")
    for pair in _words("""
    hungry/ate sleepy/slept thirsty/drank sad/cried tired/rested happy/smiled angry/shouted amused/laughed
    late/hurried afraid/hid bored/yawned worried/prayed nervous/trembled sick/coughed surprised/gasped
    confused/hesitated excited/cheered lost/wandered wet/shivered grateful/bowed
    """)
)

PLACES: tuple[str, ...] = _words(
    """
    bridge garden market church station harbor village river forest tower hall kitchen square library school
    museum palace theater hotel field valley lake gate road beach
    """
)

THINGS: tuple[str, ...] = _words(
    """
    lamp wagon table chair mirror clock basket ladder blanket barrel bucket cart carpet wheel statue boat
    hammer bottle lantern candle drawer pillow curtain kettle hat coat desk trunk sofa bell
    """
)
# adjectives that suit any thing
LOOKS: tuple[str, ...] = _words(
    """
    dusty broken dirty clean unusual heavy cheap expensive plain dark bright pretty ancient modern damaged
    splendid simple strange valuable precious
    """
)
# adjectives that suit any place
SIZES: tuple[str, ...] = ("old", "new", "big", "small", "little", "huge", "quiet", "famous", "lovely", "beautiful")
# places that one can be in, and after which furniture is named
ROOMS: tuple[str, ...] = ("garden", "kitchen", "church", "school", "hotel", "museum", "palace", "library")

NAMES_M: tuple[str, ...] = _words(
    """
    john peter david thomas henry george edward robert james paul simon oliver arthur daniel martin philip
    richard stephen william charles
    """
)
NAMES_F: tuple[str, ...] = _words(
    """
    mary anna sarah emma alice helen julia laura susan margaret elizabeth catherine jane lucy martha nancy
    rachel rebecca sophie diana
    """
)

ADVERBS: tuple[str, ...] = _words(
    "slowly quickly quietly often always never usually sometimes gladly carefully again today"
)
PREPOSITIONS: tuple[str, ...] = _words(
    "near behind beside outside inside with by from of in on at under over after before for to"
)
DETERMINERS_PLURAL: tuple[str, ...] = ("the", "some", "these", "those")
DETERMINERS: tuple[str, ...] = ("the", "a", "this", "that", "every", "some", "these", "those")
POSSESSIVES: tuple[str, ...] = ("his", "her", "its", "their", "my", "your", "our")

CATEGORIES: dict[str, tuple[str, ...]] = {
    name: _words(words)
    for name, words in {
        "colors": "red blue green yellow purple brown black white pink grey violet scarlet crimson turquoise beige",
        "animals": "dog cat horse cow pig sheep goat lion tiger elephant rabbit wolf monkey giraffe camel donkey",
        "fruits": """apple banana grape lemon cherry mango pear strawberry pineapple melon apricot coconut raspberry
            blueberry""",
        "countries": "france germany spain italy russia japan brazil canada mexico egypt sweden norway poland portugal",
        "cities": "london paris tokyo berlin madrid rome moscow chicago boston vienna dublin amsterdam seattle toronto",
        "body": "arm leg knee shoulder elbow ankle finger thumb nose mouth ear neck wrist forehead tongue",
        "metals": "iron copper silver gold zinc aluminum titanium nickel bronze brass tin platinum cobalt uranium",
        "instruments": """piano violin guitar flute trumpet cello clarinet saxophone harp trombone banjo accordion tuba
            oboe""",
        "sports": """football tennis hockey baseball basketball golf rugby archery swimming boxing wrestling volleyball
            skiing badminton""",
        "numbers": "two three four five six seven eight nine ten eleven twelve thirteen twenty thirty forty",
        "vehicles": """car bus truck train bicycle motorcycle tractor helicopter airplane van tram ambulance taxi
            submarine""",
        "calendar": """january february april june july september october november december monday tuesday wednesday
            thursday friday""",
        "clothes": "shirt jacket trousers skirt sweater socks shoes gloves scarf dress jeans boots pants vest pajamas",
        "weather": "rain snow wind thunder lightning fog sunshine storm breeze mist frost tornado hurricane drizzle",
    }.items()
}

COMMON_WORDS: tuple[str, ...] = _words(
    """
    time people year way day world life part place case week company system program question work government
    number night point home water room mother area fact month lot right study book eye job word business
    issue side kind head house service friend father power hour game line end member law community name
    president team minute idea kid body information back parent face others level office door health person
    art war history party result change morning reason research moment force education food action age
    policy process music sense nation plan college interest death experience effect use class control field
    development role effort rate heart drug show leader light voice wife police mind price report decision
    son view relationship town road difference value building season society tax director position player
    record paper space ground form event official matter center couple site project activity star need court
    oil situation cost industry figure street image phone data picture practice piece land product doctor
    wall patient news test movie north love technology letter model environment
    """
)

EVERYDAY_WORDS: tuple[str, ...] = _words(
    """
    admittedly alright auditorium ballroom bedroom bedtime blackberry boring boyfriend brandy bridal calories
    cashier chimney cinemas classy cocktails corporal coupon coupons cyclone delete diaries dynamite earrings
    emailed finals geology glamour goodnight grandpa granny greetings gymnastics haircut happiest honeymoon
    jewellery jockey kangaroo karate librarian locomotive mailed memoirs needless orchard overdue oyster paycheck
    payday peaches pearls pillows porcelain pottery quartet refund rosemary sandstone scooter seaside singles
    skipper softball subscribe theatres tweeted twelfth unlucky upload vineyard walkers walnut wholesome
    """
)
"""Common words (a Zipf frequency of 3.5 or more) that many vocabularies split into pieces."""

TRANSITIVE: tuple[Deed, ...] = _deeds(
    """sees see saw, visits visit visited, greets greet greeted, helps help helped, meets meet met, calls call called,
    follows follow followed, finds find found, thanks thank thanked, watches watch watched"""
)
INTRANSITIVE: tuple[Deed, ...] = _deeds(
    """sleeps sleep slept, smiles smile smiled, laughs laugh laughed, waits wait waited, arrives arrive arrived,
    leaves leave left, rests rest rested, works work worked, returns return returned, listens listen listened"""
)
SPEECH: tuple[Deed, ...] = _deeds(
    "says say said, thinks think thought, knows know knew, believes believe believed, explains explain explained"
)

FUNCTION_WORDS: dict[str, tuple[str, ...]] = {
    "ADJ": ("fine",),
    "ADP": PREPOSITIONS,
    "ADV": (
        *ADVERBS,
        "very",
        "quite",
        "now",
        "then",
        "once",
        "there",
        "long",
        "ago",
        "least",
        "more",
        "yesterday",
        "soon",
    ),
    "AUX": _words("is are was were had"),
    "CCONJ": _words("and but"),
    "DET": (*DETERMINERS, "an"),
    "NOUN": _words("opinion house friend"),
    "NUM": ("two",),
    "PRON": _words("he she it who they"),
    "PUNCT": (",", "."),
    "SCONJ": _words("because when while as if than that since"),
    "VERB": _words("according bought sold gave found"),
}
"""The small words of the frames, by their class; if a word has two classes, the frame says which."""


def _all_words() -> tuple[str, ...]:
    words = {word for role in ROLES.values() for word in role if word not in ("m", "f", "n")}
    words |= {word for deeds in (TRANSITIVE, INTRANSITIVE, SPEECH) for deed in deeds for word in deed}
    words |= {*ROLES, *STATES, *STATES.values(), *THINGS, *PLACES, *SIZES, *LOOKS, *ADJECTIVES}
    words |= {*NAMES_M, *NAMES_F, *ADVERBS, *PREPOSITIONS, *DETERMINERS, *POSSESSIVES, *COMMON_WORDS}
    words |= {plural(noun) for noun in (*THINGS, *PLACES)}
    words |= {word for group in (*FUNCTION_WORDS.values(), *CATEGORIES.values()) for word in group}
    return tuple(sorted(words - {",", "."}))


ALL_WORDS: tuple[str, ...] = _all_words()
"""Every word of the lexicon once, in alphabetical order."""
