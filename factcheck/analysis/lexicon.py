"""The words that the rules know: what negates, opposes, hedges, blames, clears, asks and remembers.

Lists are of stems' base forms (`concept` of reading.py), so that "denied" and "denies" are one
entry. They are written for news quotes: common words in their common sense there.
"""

from importlib.resources import files
from typing import Final


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words without a topic of their own.
STOP: Final = _set(
    """a an the this that these those there here it its itself i me my mine myself we us our ours ourselves
    you your yours he him his himself she her hers herself they them their theirs themselves one who
    whom whose which what where when why how be am is are was were been being have has had having do
    does did doing done will would shall should may might can could must and or but nor so if then than
    as of at by for with about against between into through during before after above below to from up
    down in out on off over under again further once all any both each few more most other some such no
    not only own same too very just also even ever never nothing nobody none neither now since until
    while because though although yet still per via upon within without toward towards s t d ll m re ve
    don't didn't doesn't isn't wasn't aren't weren't won't wouldn't can't cannot couldn't shouldn't
    haven't hasn't hadn't ain't let much many every everything everyone anyone anything something
    someone somebody get got go went gone come came say said says tell told thing things way make made
    take took put like well say good quite rather lot bit mr mrs ms dr sir i'm i've i'd i'll it's that's
    there's he's she's they're we're we've you're what's who's let's he'd she'd they'd we'd you'd you've
    they've you'll we'll they'll he'll she'll it'll"""
)
NEGATORS: Final = _set(
    """not no never none nobody nothing neither nor nowhere cannot without hardly scarcely barely seldom
    rarely don't didn't doesn't isn't wasn't aren't weren't won't wouldn't can't couldn't shouldn't
    haven't hasn't hadn't ain't mustn't needn't mightn't"""
)
# Verbs whose complement did not happen, or is said not to be so.
IMPLICATIVE_NEGATIVE: Final = _set(
    "fail refuse deny decline forget neglect avoid miss refrain reject dismiss lack stop prevent "
    "unable omit withhold dispute"
)
DENIALS: Final = _set(
    """deny reject dispute refute false untrue lie fabrication invention nonsense baseless unfounded myth
    rubbish slander fiction rumour wrong mistaken incorrect invent contradict unaware"""
)
UNIVERSALS: Final = _set(
    """all every everyone everybody everything always never none nobody nothing no whole entire entirely
    throughout single any each both completely fully wholly ever nowhere neither only at penny solely
    alone"""
)
HEDGES: Final = _set(
    """perhaps maybe might may could possibly probably apparently seem appear suppose guess presumably
    likely unlikely unclear uncertain allege alleged allegedly reportedly rumour wonder doubt"""
)
OPINIONS: Final = _set(
    """think believe feel opinion view hope wish love hate like beautiful ugly disgrace shame proud
    wonderful terrible brilliant dreadful splendid admire prefer dull boring fair unfair lovely
    magnificent bold brave cowardly generous mean wise foolish severe lenient harsh soft overdue welcome
    regret deserve"""
)
FUTURE: Final = _set("will shall plan intend promise tomorrow next expect hope forecast future propose")
EVIDENCE: Final = _set(
    """see hear watch witness count sign log record photograph photo film minute receipt stamp ledger diary
    register letter memo note email report tape camera footage recorder invoice copy page document file
    paper signature transcript show find measure weigh test read write print keep hold carry stand ring
    phone call desk drawer box hand walk door window kitchen pocket table photograph"""
)
DOCUMENTS: Final = _set(
    """report ruling judgment judgement verdict letter document paper memo email inquiry finding audit
    minute contract record log file page paragraph statement transcript agreement treaty clause chapter
    text tape email inspector inspection investigation survey register certificate permit licence ledger
    book footage recording line court judge"""
)
KNOWING: Final = _set(
    "know aware unaware learn hear tell warn inform notify discover find see hide conceal secret "
    "surprise bolt news word"
)
BLAME: Final = _set(
    """blame fault guilty responsible responsibility liable cause negligent negligence reckless order
    command culpable charge convict accuse steal murder kill cheat bribe fraud corrupt lie ignore cover
    conceal falsify forge sabotage neglect careless steal embezzle plunder tamper fiddle doctor rig
    shame betray break violate breach abandon delay"""
)
CLEARS: Final = _set(
    """clear exonerate acquit innocent innocence blameless absolve vindicate guiltless faultless sound
    clean proper properly diligent correct lawful legal reproach exemplary impeccable spotless beyond
    regulation specification comply compliance honour scrupulous duty safe serviceable intact
    unblemished"""
)
CAUSES: Final = _set(
    "cause because due owing lead result bring trigger reason blame result fault make start spark"
)
CONDITIONALS: Final = _set("if unless were had should would provided suppose supposing whether")
REPORTING: Final = _set(
    "say tell claim allege call insist argue suggest pretend maintain state assert describe write"
)


def _lines(table: str) -> list[str]:
    text = (files("factcheck.analysis") / "data" / f"{table}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _opposites() -> dict[str, frozenset[tuple[int, int]]]:
    """Return, for each word, the axes it stands on and its side of each."""
    found: dict[str, set[tuple[int, int]]] = {}
    for axis, line in enumerate(_lines("opposites")):
        for side, words in enumerate(line.split("/")):
            for word in words.split():
                found.setdefault(word, set()).add((axis, side))
    return {word: frozenset(axes) for word, axes in found.items()}


def _same() -> dict[str, str]:
    """Return the word that stands for each group of words of one meaning."""
    return {word: line.split()[0] for line in _lines("same") for word in line.split()[1:]}


OPPOSITES: Final = _opposites()
SAME: Final = _same()

# Irregular forms, so that a verb is one word whatever its tense.
FORMS: Final = {form: line.split()[0] for line in _lines("forms") for form in line.split()[1:]}

# What a text is searched for: how many of its words are of each kind.
CUES: Final = {
    "universal": UNIVERSALS,
    "hedge": HEDGES,
    "opinion": OPINIONS,
    "future": FUTURE,
    "evidence": EVIDENCE,
    "document": DOCUMENTS,
    "knowing": KNOWING,
    "blame": BLAME,
    "clears": CLEARS,
    "cause": CAUSES,
    "conditional": CONDITIONALS,
    "reporting": REPORTING,
    "denial": DENIALS,
    "negator": NEGATORS,
    "we": _set("we us our ours ourselves"),
    "i": _set("i me my mine myself i'm i've i'd i'll"),
    "he": _set("he him his himself she her hers herself he's she's he'd she'd he'll she'll"),
    "they": _set("they them their theirs themselves they're they've they'd they'll"),
    "you": _set("you your yours yourself you're you've you'd you'll"),
    "must": _set("must should ought need shall supposed duty obliged required may allowed rule rules law"),
    "modal": _set("should would could may might must ought"),
    "whether": _set("whether or why how which"),
    "present": _set("is are does am has have isn't doesn't don't it's that's aren't"),
    "past": _set("was were had did wasn't didn't weren't hadn't"),
    "other": _set("other another different else too also both same either"),
    "then": _set("before after until since when while earlier later already yet"),
    "size": _set("more less fewer most least half twice double larger smaller higher lower"),
}

# Words that make a thing another one of its kind: "the next barge", "last spring", "the other door".
OTHERS: Final = _set(
    "other another next last previous former second third different neighbouring old new earlier "
    "later spring summer autumn winter north south east west left right upper lower first front "
    "back"
)
# Words that take a sentence out of what is asserted as having happened.
UNREAL: Final = _set(
    "if whether unless should would could may might ought must want wanted ask asked order "
    "ordered plan planned hope hoped suppose supposed will shall wish ready able permit allowed "
    "forbidden promise promised"
)
