"""What people are called beside their names: courtesy titles, ranks, offices; and words of organisations."""

from factcheck.analysis.given_names import Gender


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COURTESY: dict[str, Gender] = {
    **dict.fromkeys(
        "mr sir lord father brother king prince baron shri sri alhaji mallam malam mzee otunba".split(), "m"
    ),
    **dict.fromkeys(
        "mrs ms miss dame lady sister queen princess mme madame smt hajia alhaja baroness wpc".split(), "f"
    ),
}
# Ranks and offices that stand before a name and are no part of it.
TITLES = _words(
    """dr prof professor doctor rev reverend judge justice sheriff president vice minister secretary mayor
    governor senator congressman congresswoman representative councillor cllr alderman mp sergeant sgt
    lieutenant lt colonel col captain capt major maj general gen admiral adm commander cmdr corporal cpl
    private detective det inspector insp superintendent supt constable officer chief deputy chairman
    chairwoman chair director attorney lawyer prosecutor ambassador bishop archbishop pope cardinal rabbi
    imam sheikh ms mr mrs mx miss sir dame lord lady baroness baron father sister brother king queen prince
    princess chancellor commissioner spokesman spokeswoman spokesperson coach principal dean nurse engineer
    executive hon gov sen rep pres fr mme messrs coroner magistrate marshal brigadier premier speaker
    solicitor barrister counsel treasurer auditor cabinet prime financial operating former
    engr barr advocate adv arch pastor evangelist alhaji alhaja hajia mallam malam otunba oba smt shri sri
    mzee maulana swami ustad pandit brig squadron cpl lcpl sergeant-major garda guard trooper
    ranger agent ayatollah sultan emir archdeacon canon monsignor deacon elder librarian midfielder striker
    coun democrat republican conservative tory unionist defender goalkeeper manager host analyst producer
    provost vice-chancellor vice-president rector registrar ceo cfo coo cto
    actor actress singer author novelist historian economist""",
)
# Ranks written in capitals; in small letters some are parts of names ("di").
RANKS = frozenset(
    "PC WPC DC DS DI DCI DCS DCC ACC DCP ACP DSP ASP SP SI ASI CSP IG DIG MP MSP MLA MLC"
    " MCA TD SC QC KC".split()
)
ABBREVIATED = {
    "gov": "governor",
    "sen": "senator",
    "rep": "representative",
    "det": "detective",
    "prof": "professor",
    "dr": "doctor",
    "sgt": "sergeant",
    "capt": "captain",
    "lt": "lieutenant",
    "insp": "inspector",
    "cllr": "councillor",
    "gen": "general",
    "col": "colonel",
    "cmdr": "commander",
    "supt": "superintendent",
    "maj": "major",
    "brig": "brigadier",
    "pres": "president",
    "rev": "reverend",
    "engr": "engineer",
}
ORGANISATION = _words(
    """inc ltd llc plc corp corporation company co group holdings resources mutual bank university college
    school institute institution department ministry council bureau office board committee commission agency
    authority association union federation society foundation trust service services police force court
    parliament senate congress assembly government hospital clinic church museum airline airlines airways
    air railway rail motors energy industries partners solutions systems laboratories labs network networks
    media press news times post courier ledger herald tribune gazette journal guardian telegraph radio
    television tv channel magazine club party league team productions studios studio pictures records centre
    center station airport port mine mines productions ventures international insurance water power electric
    steel builders construction homes properties farms foods brewery hotel stores shipping lines logistics
    cranes staff alliance front prize award awards cup trophy medal movement army navy
    brigade squad newspaper magazine"""
)
# A department's possessor that is part of its name: "Santa Fe County Sheriff's Office".
OFFICE_OF = _words("sheriff attorney governor mayor minister coroner president secretary commissioner bishop")
LAW = _words("lawyer attorney solicitor barrister counsel advocate")
ROLES = LAW | _words(
    """official supervisor manager director chairman chairwoman chair president minister secretary mayor
    governor senator councillor commissioner prosecutor judge sheriff deputy officer detective sergeant
    inspector captain colonel general commander spokesman spokeswoman spokesperson owner founder chief
    executive head leader member resident neighbour neighbor witness expert scientist researcher professor
    teacher student pupil doctor nurse surgeon consultant engineer architect inspector auditor accountant
    analyst economist historian author writer journalist reporter editor producer presenter host actor
    actress singer musician artist driver pilot farmer fisherman baker cook chef shopkeeper trader worker
    employee colleague friend brother sister mother father wife husband son daughter uncle aunt cousin widow
    widower grandmother grandfather partner parent child man woman boy girl victim survivor patient client
    defendant plaintiff suspect source aide adviser advisor assistant insider critic supporter opponent
    campaigner activist protester volunteer tenant landlord passenger customer investor shareholder
    controller coroner regulator whistleblower keeper steward ranger warden guard soldier veteran diplomat
    ambassador envoy negotiator representative organiser organizer coordinator coach player trainer shepherd
    miner foreman contractor developer surveyor harbourmaster skipper sailor clerk curator librarian
    caretaker cleaner priest vicar bishop imam rabbi lieutenant lawmaker politician candidate treasurer
    referee umpire captain midfielder striker goalkeeper batsman bowler hydrologist glaciologist ecologist
    meteorologist seismologist oceanographer criminologist anthropologist sociologist archaeologist
    cardiologist oncologist radiologist geographer demographer rescuer schoolmaster croupier ranger
    astronomer statistician epidemiologist virologist naturalist accused claimant respondent applicant
    petitioner pensioner grandson granddaughter niece nephew fiancé fiancée fiance fiancee boyfriend
    girlfriend person ex-husband ex-wife son-in-law daughter-in-law mother-in-law father-in-law
    brother-in-law sister-in-law stepfather stepmother godfather godmother twin bride groom elder villager
    vendor commuter motorist cyclist trucker hunter angler trawlerman publican landlady barman barmaid
    waitress waiter barber hairdresser publicist agent manager spokesman biographer deputy successor
    predecessor bookkeeper mayoress medic midwife carer undertaker gardener pathologist bailiff juryman
    playwright poet novelist composer conductor dancer comedian broadcaster columnist blogger ceo cfo
    biologist critic dealer collector rapper drummer guitarist bassist secretary-general premier chancellor
    provost rector lecturer don dean bursar chaplain pastor nun monk friar sexton verger bellringer
    boss entomologist biologist chemist physicist geologist psychologist therapist paramedic firefighter
    policeman policewoman businessman businesswoman entrepreneur banker broker builder plumber carpenter
    electrician technician mechanic operator dispatcher designer photographer cinematographer director
    armorer armourer supervisor beekeeper principal headteacher headmaster headmistress governor juror
    republican democrat tory"""
)
FEMALE_ROLES = _words(
    "woman girl mother wife daughter sister aunt widow grandmother actress spokeswoman chairwoman"
    " businesswoman policewoman congresswoman headmistress lady queen princess baroness duchess landlady"
    " waitress barmaid bride niece granddaughter girlfriend fiancée fiancee stepmother godmother nun midwife"
    " ex-wife daughter-in-law mother-in-law sister-in-law grandma mum mom mayoress hostess"
)
MALE_ROLES = _words(
    "man boy father husband son brother uncle widower grandfather actor spokesman chairman businessman"
    " policeman congressman headmaster fisherman king prince baron duke foreman nephew grandson boyfriend"
    " fiancé fiance stepfather godfather monk friar barman ex-husband son-in-law father-in-law brother-in-law"
    " grandpa dad waiter groom trawlerman batsman juryman"
)
# Those who speak as one: "Santa Fe police", "Selkirk officials".
GROUPS = _words(
    """police officials officers staff council management government family authorities lawyers attorneys
    prosecutors investigators detectives executives managers sources residents chief chiefs fire spokesman
    spokeswoman spokesperson councillors ministers campaigners leaders bosses workers fans"""
)
# Several people who speak as one, so that "they" means them.
SEVERAL = _words("pair couple duo trio two three brothers sisters twins parents siblings family")
# Of whom nobody tells the name: "the insider" may be "a source close to the couple".
ANONYMOUS = _words("source insider informant official friend pal confidant person aide diplomat")
# What somebody has written or had written: "the statement read", "reads one entry".
WRITINGS = _words(
    """statement letter email e-mail post tweet message note memo memorandum entry diary journal notebook
    caption column essay petition complaint lawsuit filing affidavit motion report submission testimony blog
    passage inscription dispatch telegram communique communiqué release"""
)
# "The company said" means the organisation that was spoken of last.
ANY_ORGANISATION = _words(
    """company firm group bank airline charity club organisation organization agency corporation business
    manufacturer operator developer builder retailer insurer university council ministry department
    union hospital school trust regulator association party committee board publisher brewery museum
    utility"""
)
PUBLIC_BODIES = _words(
    """bureau ministry council department court police government commission university college school
    hospital church parliament senate congress assembly army navy union association force"""
)
KIN = _words(
    """brother sister mother father wife husband son daughter uncle aunt cousin widow widower grandmother
    grandfather grandson granddaughter niece nephew twin stepfather stepmother"""
)
# "The soup maker", "the Swedish group": what a company is, whatever stands before it.
BUSINESSES = _words(
    """company firm group bank airline manufacturer maker giant retailer insurer lender chain carrier supplier
    producer start-up startup conglomerate supermarket brewer drugmaker carmaker chipmaker utility"""
)
# What an organisation may be as well as a person.
EITHER = _words(
    """owner operator developer contractor landlord investor shareholder regulator partner publisher producer
    dealer trader broker vendor keeper tenant customer controller claimant plaintiff respondent defendant"""
)
# What anybody may be: "the 44-year-old", "the grandmother" varies the name of whom the article is about.
CONDITIONS = _words(
    """pensioner grandmother grandfather gran grandad veteran teenager mother-of-two father-of-two newcomer
    republican democrat tory retiree widow widower divorcee father mother"""
)
# Held by one person at a time or in one place, who is named or comes on the scene with the word itself:
# after "Ann Ortiz sat down", "the judge said" does not mean her.
OFFICES = LAW | _words(
    """judge magistrate coroner sheriff mayor governor president minister premier chancellor prosecutor
    referee umpire spokesman spokeswoman spokesperson officer official detective witness victim suspect
    defendant accused claimant plaintiff recorder
    chief source reporter journalist interviewer driver passenger owner landlord neighbour neighbor resident
    doctor nurse head boss secretary deputy inspector king queen pope priest wife husband son daughter
    brother sister partner friend colleague child man woman boy girl customer patient caller clerk guard"""
)
# Where "an official familiar with the talks" ends, and what it cannot end with.
ENDS_INTRODUCTION = _words(
    "who that which has had have is was were are told said says when where whose as and but"
)
HANGING = _words("on in at for of with to from by also later then")
