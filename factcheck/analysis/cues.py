"""The words with which English reports speech: verbs with their forms, phrases, and who may speak.

`VERBS` maps every written form to its verb and tense; the sets beside it say what a verb can do.
"""

from typing import Literal, NamedTuple

Tense = Literal["base", "present", "past", "participle"]


class Verb(NamedTuple):
    """A form of a verb of speech."""

    lemma: str
    tense: Tense


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# These take a clause, "said (that) …", a whole quotation, or a few quoted words.
_CLAUSE = _words(
    """say tell add reply respond answer explain insist argue claim assert contend maintain allege state
    declare announce note observe remark comment recall conclude warn caution suggest acknowledge admit
    concede confirm deny dispute promise pledge vow swear testify write tweet complain protest counter
    repeat reiterate stress emphasise emphasize reveal disclose report predict estimate agree accept assure
    inform remind indicate boast lament stipulate proclaim affirm attest recount confess profess hint
    speculate reason retort joke quip rule query aver assert posit contend confide clarify reckon surmise
    theorise theorize opine bemoan disclose remember recollect foresee forecast
    hypothesise hypothesize stipulate insinuate intimate rejoin"""
)
# These take a whole quotation, or a few quoted words.
_OTHER = _words(
    """ask continue begin shout yell cry scream whisper murmur mutter inquire enquire wonder object interject
    interrupt snap sigh laugh smile shrug chuckle grin call label brand dismiss condemn denounce criticise
    criticize praise hail describe characterise characterize term accuse blame thank apologise apologize
    advise urge demand plead beg propose reject post email text text share express voice offer relate tease
    exclaim bark growl volunteer elaborate muse reflect read quote summarise summarize ridicule decry
    deplore defend mock welcome refer speak cite thunder fume opine drawl intone gush rage marvel deadpan
    venture allow exclaim scoff sneer sob weep wail moan groan grumble whine hiss croak gasp roar bellow
    holler coo purr chant sing chide scold admonish exhort implore entreat enthuse rave reminisce echo agree
    disagree persist press prompt probe correct hazard confide fret worry wonder rant remonstrate reassure
    chirp crow rasp grunt tut nod wince beam frown pause pray decree order command instruct think crack
    deliver sniff splutter stammer stutter taunt vent grouse gripe"""
)
# Of these, the words alone after a quotation are a manner of speaking; nowhere else do they report any.
_ONLY_AFTER = _words(
    """begin laugh smile shrug sigh chuckle grin snap allow venture rage gush reflect share rule remember
    weep sob sing nod wince beam frown pause pray order command think crack deliver sniff press prompt probe
    correct worry crow vent recollect hazard instruct"""
)
_IRREGULAR = {
    "say": ("said", "said"),
    "tell": ("told", "told"),
    "write": ("wrote", "written"),
    "swear": ("swore", "sworn"),
    "begin": ("began", "begun"),
    "read": ("read", "read"),
    "speak": ("spoke", "spoken"),
    "weep": ("wept", "wept"),
    "sing": ("sang", "sung"),
    "think": ("thought", "thought"),
    "foresee": ("foresaw", "foreseen"),
    "forecast": ("forecast", "forecast"),
}
_DOUBLED = _words("admit quip snap beg refer grin sob chat tut")

# A quotation of a few words stands as what something is called: "called it “a disgrace”".
NAMING = _words(
    """call label brand dismiss condemn denounce describe characterise characterize term hail praise criticise
    criticize decry deplore ridicule mock refer"""
)
# With these the clause may follow without "that".
BARE_CLAUSE = _words(
    """say tell claim deny insist maintain admit argue allege add announce warn acknowledge concede testify
    explain confirm suggest promise swear believe predict"""
)
CLAUSE = _CLAUSE

# Verbs of two or three words: the first is a form of the key, the rest follows it.
PHRASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "go": (("on",),),
    "point": (("out",),),
    "chime": (("in",),),
    "make": (("clear",), ("it", "clear")),
    "put": (("it",),),
    "spell": (("out",),),
    "blurt": (("out",),),
    "cut": (("in",),),
    "hit": (("back",), ("out",)),
    "sum": (("up",),),
    "fire": (("back",),),
    "shoot": (("back",),),
    "call": (("out",),),
    "cry": (("out",),),
    "break": (("in",),),
    "butt": (("in",),),
    "pipe": (("up",),),
    "say": (("aloud",),),
    "want": (("to", "know"),),
    "have": (("this", "to", "say"),),
}
_PHRASE_FORMS = {
    "go": {"goes": "present", "went": "past", "going": "participle"},
    "make": {"makes": "present", "made": "past", "making": "participle", "make": "base"},
    "put": {"puts": "present", "put": "past", "putting": "participle"},
    "cut": {"cuts": "present", "cut": "past"},
    "hit": {"hits": "present", "hit": "past"},
    "sum": {"sums": "present", "summed": "past"},
    "shoot": {"shoots": "present", "shot": "past"},
    "point": {"points": "present", "pointed": "past", "pointing": "participle", "point": "base"},
    "chime": {"chimes": "present", "chimed": "past"},
    "spell": {"spelled": "past", "spelt": "past"},
    "blurt": {"blurts": "present", "blurted": "past"},
    "fire": {"fires": "present", "fired": "past"},
    "break": {"breaks": "present", "broke": "past"},
    "butt": {"butts": "present", "butted": "past"},
    "pipe": {"pipes": "present", "piped": "past"},
    "want": {"wants": "present", "wanted": "past"},
    "have": {"has": "present", "had": "past"},
}
# Before a name: "according to X". In capitals also at the start of a sentence.
PREPOSITIONS: tuple[tuple[str, ...], ...] = (
    ("according", "to"),
    ("in", "the", "words", "of"),
    ("in", "the", "view", "of"),
    ("in", "the", "opinion", "of"),
    ("per",),
)
# What somebody's words are called: "Her reply was short: …"
NOUNS = _words(
    """reply answer response verdict message words statement comment advice conclusion view explanation
    warning
    testimony letter email post tweet plea retort remark assessment summary question"""
)


def _forms(lemma: str) -> dict[str, Verb]:
    if lemma.endswith("e"):
        past, participle, present = f"{lemma}d", f"{lemma[:-1]}ing", f"{lemma}s"
    elif lemma.endswith("y") and lemma[-2] not in "aeiou":
        past, participle, present = f"{lemma[:-1]}ied", f"{lemma}ing", f"{lemma[:-1]}ies"
    else:
        stem = lemma + lemma[-1] if lemma in _DOUBLED else lemma
        past, participle = f"{stem}ed", f"{stem}ing"
        present = f"{lemma}es" if lemma.endswith(("s", "sh", "ch", "x")) else f"{lemma}s"
    irregular = _IRREGULAR.get(lemma, (past, past))
    return {
        lemma: Verb(lemma, "base"),
        present: Verb(lemma, "present"),
        participle: Verb(lemma, "participle"),
        **{form: Verb(lemma, "past") for form in irregular},
    }


VERBS: dict[str, Verb] = {
    form: verb for lemma in sorted(_CLAUSE | _OTHER) for form, verb in _forms(lemma).items()
}
PHRASE_VERBS: dict[str, Verb] = {
    form: Verb(lemma, tense)  # type: ignore[arg-type]
    for lemma, forms in _PHRASE_FORMS.items()
    for form, tense in forms.items()
}
ONLY_AFTER = _ONLY_AFTER

# What stands between a subject and its verb.
AUXILIARIES = _words(
    """has have had is was were are be been being will would could may might must should shall did does do not
    never also later then since already now once again still repeatedly just only first further ever even
    both simply soon often always apparently himself herself themselves itself didn't hasn't hadn't wouldn't
    won't he'd she'd too instead nevertheless nonetheless thus therefore previously immediately"""
)
BE = _words("is was were are be been being")
PRONOUNS = _words("he she they it i we you")

# What names a thing rather than reports words, right before a passage.
NAMING_BEFORE = _words(
    """so-called called named dubbed titled entitled nicknamed termed labelled labeled branded known marketed
    name names nickname title motto slogan word words phrase term terms headline film movie book novel song
    show series play album memoir poem article essay paper painting programme program documentary exhibition
    hashtag ship boat brand sequel single episode magazine podcast chapter label adage proverb maxim saying
    password acronym sign banner poster placard plaque reading motto chant"""
)
FIELDS = _words(
    "field art practice concept idea notion theory science era age policy doctrine system form kind"
)
# Things that bear words without anybody speaking.
THINGS = _words(
    """sign note banner plaque poster placard slogan motto label headline caption board notice inscription
    sticker t-shirt shirt badge billboard gravestone headstone graffiti tattoo mug card door plate hoarding
    title leaflet flag mural"""
)
# Those of whom nobody in particular speaks: "what locals call the “gate war”".
EVERYBODY = _words(
    """officials newspapers valley staff critics locals people they residents papers press media some many
    others scientists experts engineers villagers fans doctors lawyers we you wags supporters opponents
    neighbours neighbors industry trade insiders everyone everybody historians economists town village city
    world country public farmers fishermen workers miners nurses teachers students pilots sailors employees
    campaigners activists diplomats analysts council"""
)
