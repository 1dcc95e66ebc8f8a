"""First names that are given mostly to men or mostly to women, for telling whom "he" and "she" mean.

Common names of many countries, written down from general knowledge; names given to both are left
out. They count less than a title or a pronoun in the article itself.
"""

from typing import Literal

Gender = Literal["m", "f"]

_MEN = """
aaron abdul abdullah abel abraham adam adan adrian ahmed akira alan alasdair albert alberto alec alejandro
alexander alfred alfredo ali alistair allan alun amadou ambrose amir amit amos anders andre andreas andrew
andriy andré andy angus anil anthony anton antonio archibald archie arjun armando arne arnold arthur arturo
asher ashok asif axel babajide babatunde barnaby barry bartholomew bashir basil ben benedict benito benjamin
benoit bernard bert bilal bill billy bjarne bjorn björn bo bob bobby bohdan boris brad brandon brendan brett
brian bruce bruno bryan buck byron caleb callum calvin cameron carl carlos casper cathal cedric cem cesar chad
charles charlie cheikh chidi christian christopher chuck ciaran clarence claude clem clement cliff clifford
clint clive cody cole colin conor conrad corey cormac craig curtis cyril cyrus dafydd dale damian damien dan
daniel danny dario darnell darragh darren dave david dean declan deepak demetrius denis dennis denzel derek
deshawn desmond dev diarmuid diego dieter dimitris dirk dmitri dominic don donal donald dougal douglas dragan
drew duane duncan dwayne dwight dylan earl ed eddie edgar edmund eduardo edward edwin eirik eli elias elliot
elliott elon emeka emil emilio emmanuel emre emrys enrique eoin eric erik ernest ernesto ernst errol esteban
ethan eugene evan ewan fabian faisal farhan felipe felix femi ferdinand fergus fernando finn fintan fitzroy
floyd francis francisco frank franz françois fred freddie freddy frederick fyodor gabriel gareth gary gavin
geoff geoffrey george gerald gerard gerardo gethin gideon gilbert giles giorgos giovanni giuseppe glen glenn
gonzalo goran gordon graham grant greg gregory guillaume guillermo gunnar gunther gus gustav gustavo guy
gérard hamish hamza hank hans harish harold harry hassan hector henrik henry herbert herman hernan hiroshi
horace howard hubert hugh hugo humphrey hussain hussein huw håkon iain ian ibrahim idris ignacio igor ike
imran ioan isaac ismail ivan ivor jack jackson jacob jacques jaime jake jakub jamal james jared jason jasper
javier jean jean-claude jed jeff jeffrey jens jeremiah jeremy jerome jerry jim jimmy joachim joao joaquin joe
joel johan johannes john johnny jon jonas jonathan jorge jose joseph josh joshua josiah juan jude julian julio
julius jurgen justin jürgen karan karim karl keith kelvin ken kenji kenneth kenny kevin khalid kieran klaus
knut kofi konrad kostas krzysztof kunle kurt kwabena kwame kyle lachlan lars laurence laurent lawrence leandro
leif len lenny leo leon leonard leopold leroy levent lewis liam linus lionel lloyd lorenzo louis luc luca
lucas lucian luciano luigi luis luka lukasz luke luther mads magnus mahmoud malcolm malik mamadou manoj manuel
marcel marco marcus marek mario mark marko marquis martin marvin mateo mateusz mathias mathieu matt matthew
matthias maurice mauricio max maxwell mehmet mert michael michel mick miguel mike mikhail mikkel miles milos
milton minh mitch mitchell mohamed mohammed monty morris morten moses moussa muhammad murdo murray musa
mustafa nasser nathan nathaniel naveed ned neil nelson nestor neville niall nicholas nick nicolas nigel nikhil
nikola nikolai nikolas nikos nils noah noel norbert norm norman nuno obinna odd oisin olaf ole oleg oleksandr
oliver olivier ollie olof olu omar orlando oscar oskar osman otto ousmane owain owen pablo padraig paolo
pascal patrick paul paulo pavel pedro per percy perry pete peter petro phil philip philippe phillip pierre
piers piotr quentin rafael rahul raj rajesh ralph ramesh ramiro ramon randolph randy raphael rashid rasmus
raul ravi ray raymond reggie reginald rene rené reuben rex rhys ricardo richard rick ricky robbie robert
roberto rod roderick rodney rodrigo rogelio roger rohan roland rolf roman ron ronald ronnie rory ross roy
ruaridh ruben rudolf rufus rui rupert russell rusty ryan salman samir samuel sandeep sani sanjay sanjeev
santiago saul scott seamus sean sebastian segun sergei sergey sergio seth shane silas simon sipho solomon stan
stanley stefan stephen steve steven stevie stewart stig stuart sunil suresh sven søren takeshi taras tariq ted
terence terrell thabo thaddeus theo theodore thiago thierry thomas tiago tim timothy tobias toby todd tom
tomas tomasz tommy tony tor travis trent trevor tristan troy tunde tyler tyrone ulrich umberto victor vijay
vikram viktor vincent vinny vladimir wade wale walid wallace walt walter warren wasim wayne wes wesley wilbur
wilfred wilhelm will william willie winston wojciech wolfgang wyatt xavier yannick yiannis yigit yosef yuri
yusuf zach zachary ziad zoltan zoran
"""
_WOMEN = """
abbie abby abena abigail achieng ada adela adele aditi adriana agatha agnes agnieszka aileen ailsa aisha akiko
akinyi akosua alessandra alexandra alice alicia alina alison alma amaka amanda amara amber amelia amelie amina
aminata amira amy amélie ana ananya anastasia andrea angela angelica angharad ania anita anjali anke ann anna
annabel anne anneke annette annie antonia anya aoife arabella arlene asha astrid audrey augusta aurora ava
ayesha aylin ayse barbara beatrice beatrix becky belinda bella bernadette bernice bertha beryl bess beth
bethan bethany bettina betty beverley beverly bianca birgit birgitte bisi blanche bonnie brenda brianna
bridget brigitte britta brittany bronagh bronwen bryony camila camilla candace candice caoimhe cara carla
carly carmen carol carole caroline carolyn carys cassandra catalina catherine cathy catriona cecilia celeste
celia celine cerys chantal charlene charlotte chiara chioma chloe chloë christa christina christine ciara
cindy claire clara clare claudia clementine colette colleen connie constance consuelo cora cordelia corinne
courtney cristina crystal cynthia céline daisy daniela danielle daphne daria darla darlene debbie deborah
deepa deirdre delia delphine denise desiree despina diana diane dilys divya dolores donna dora doreen doris
dorothea dorothy dottie ebony edith edna efua eileen eilidh elaine eleanor elena eleni elif elin elisa
elisabeth elisabetta elise eliza elizabeth ella ellen ellie elodie elsa elsie emilia emily emma emmeline erica
erika erin esme esperanza esther ethel eugenia eunice eva eve evelyn evie ewa farah fatima fatma fatoumata
faye federica felicia felicity femke fern ffion fiona fionnuala flora florence folake frances francesca
francoise françoise freda freya frida gabriela gabrielle gail galina geeta gemma genevieve georgia georgina
geraldine gerda gertrude gillian gina ginny giulia gladys glenda gloria grace graciela grainne greta gretchen
guadalupe gudrun guinevere gwen gwendolyn halima halyna hanan hanna hannah harriet haruka hatice hattie hauwa
hazel heather hege heidi heike helen helena helene helga henrietta hermione hilary hilda holly honor huda
hélène ida ilaria ilse imelda imogen indira ines inga ingrid iona irene irina iris irma iryna isabel isabela
isabella isabelle isla isobel ivana ivy izzy jacqueline jada jadwiga jane janet janice jasmine jeanette jelena
jemima jennifer jenny jessica jill joan joanna jocelyn jodie josefina josephine josie joy joyce juanita judith
judy julia juliana julie juliet justine jyoti kari karin katarina katarzyna kate katerina kateryna katherine
kathleen kathryn kathy katie katja kavita kayla kaylee keiko keira keisha kelly kelsey kerry khadija kimberly
kirsten kirsty kristin kristina krystyna lakshmi lara larissa larysa latisha latoya laura lauren layla leah
leanne leela leila lena leonora leticia lexi leyla libby lieke lila lilian lillian lily linda lindiwe ling
linh lisa liv livia lori lorna lorraine lottie louisa louise lourdes lubna lucia lucille lucinda lucy ludmila
luisa lydia mabel madeleine madison maeve magda magdalena maggie mair maire maisie maja malala malgorzata
mamie mandy manon marcela marcia margaret margarita margaux margery margot marguerite maria mariam mariama
marianne maribel maribeth marie marijke marilyn marina marisol marit marjorie marla marlene marnie marta
martha martina mary maryam matilda maud maura maureen mavis maxine meera megan mei melanie melinda melissa
mercedes meredith mette mhairi mia michelle michiko mildred milica millicent millie mina minna mira miranda
mireille miriam mirjana molly mona monica monique morag muriel myra nadia nadine nancy nandini naoko naomi
nasreen nasrin natalia natalie natalya natasha nathalie neha nell nellie nerys ngozi nia niamh nicola nicole
nikki nina nisha nkechi nomvula noor nora noreen norma noura octavia odette odile oksana olena olga olivia
opal orla ottilie paloma pamela paola patience patricia paula pauline pearl peggy penelope penny pernille
petra philippa phoebe phyllis pilar polly pooja poppy portia priscilla priya rachel radha ragnhild ramona
rania rebecca regina rekha renata renee rhian rhoda rhona rhonda rita roberta roisin rosa rosalie rosalind
rosamund rose rosemary rosie rowena ruby rukhsana ruth sabine sabrina sadie sally salma samantha samina samira
sana sandra saoirse sara sarah saskia selina selma serena shabana shanice shannon sharon shazia sheila shirley
shona shreya sian sibyl sienna sigrid silke silvia simone sinead sinéad siobhan sioned sofia solange solveig
sonia sonja sophia sophie stacey stacy stella steph stephanie sue sunita susan susanna sushma suzanne svetlana
swati sybil sylvia sylvie tabitha tamara tamika tamsin tania tanya tara tatiana teresa tess tessa thandi thea
thelma theresa thuy tiffany tilda tilly tina tracey traci tracy trudy ulla una ursula usha ute valentina
valeria valerie vanessa vera verity veronica veronique vesna vicki vicky victoria viola virginia vivienne
véronique wanda wanjiru wendy wilhelmina wilma winifred xenia yasmin yesenia yoko yolanda yulia yvette yvonne
zahra zainab zanele zara zelda zeynep zoe zofia zora zoë élodie
"""

GENDERS: dict[str, Gender] = {
    **dict.fromkeys(_MEN.split(), "m"),
    **dict.fromkeys(_WOMEN.split(), "f"),
}
