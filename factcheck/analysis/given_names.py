"""First names that are given mostly to men or mostly to women, for telling whom "he" and "she" mean.

Common names of many countries, written down from general knowledge; names given to both are left
out. They count less than a title or a pronoun in the article itself.
"""

from typing import Literal

Gender = Literal["m", "f"]

_MEN = """
aaron abel abraham adam adan adrian ahmed alan albert alec alejandro alexander alfred ali alistair allan
ambrose amir amos anders andre andreas andrew andy angus anthony anton antonio archibald archie arnold
arthur asher ashok axel barnaby barry bartholomew basil ben benedict benjamin bernard bert bill bjorn bob
boris brad brandon brendan brian bruce bruno bryan byron caleb callum calvin cameron carl carlos casper
cedric chad charles charlie christian christopher clarence claude clement clifford clive colin conor conrad
corey craig curtis cyril cyrus damian damien dan daniel dario darren dave david dean declan dennis derek
desmond diego dieter dirk dmitri dominic don donald douglas duncan dwight earl ed eddie edgar edmund eduardo
edward edwin eli elias elliot elliott emil emmanuel enrique eric erik ernest ernst errol esteban ethan
eugene evan ewan fabian felix ferdinand fergus fernando finn fitzroy floyd francis francisco frank franz
fred freddie frederick fyodor gabriel gareth gary gavin geoff geoffrey george gerald gerard gideon gilbert
giles giovanni giuseppe glen glenn gordon graham grant greg gregory guillermo gunther gus gustav guy hamish
hans harold harry hassan hector henrik henry herbert herman horace howard hubert hugh hugo humphrey hussein
ian ibrahim idris igor ike isaac ismail ivan ivor jack jackson jacob jacques jake jamal james jared jason
jasper javier jean-claude jed jeff jeffrey jeremiah jeremy jerome jerry jim jimmy joachim joaquin joe joel
johan johannes john johnny jon jonas jonathan jorge jose joseph josh joshua josiah juan jude julian julio
julius jurgen justin karl keith kelvin ken kenneth kevin khalid kieran klaus konrad kurt kwame kyle lachlan
lars laurence lawrence leif len leo leon leonard leopold leroy lewis liam linus lionel lloyd lorenzo louis
luca lucas lucian luigi luis luke luther magnus malcolm manuel marcel marco marcus mario mark martin marvin
mathias matt matthew maurice max maxwell mehmet michael miguel mike miles milton mitchell mohamed mohammed
morris moses muhammad murray nathan nathaniel ned neil nelson neville nicholas nick nicolas nigel nikolai
nikolas nils noah noel norbert norman oleg oliver olivier omar orlando oscar oskar osman otto owen pablo
paolo patrick paul pavel pedro per percy perry pete peter phil philip philippe phillip pierre piers piotr
quentin rafael rajesh ralph ramon randolph randy raphael rashid raul ravi ray raymond reginald rene reuben
rex ricardo richard rick robert roberto rod roderick rodney roger roland rolf roman ron ronald rory ross roy
rudolf rufus rupert russell ryan samuel sanjay saul scott sean sebastian sergei seth silas simon solomon
stan stanley stefan stephen steve steven stewart stuart sven tariq ted terence thaddeus theo theodore thomas
tim timothy tobias toby todd tom tomas tommy tony travis trevor tristan tyler ulrich umberto victor vikram
viktor vincent vladimir wallace walter warren wayne wesley wilbur wilfred wilhelm william willie winston
wolfgang xavier yannick yosef yusuf zachary zoltan
"""
_WOMEN = """
abigail ada adela adele adriana agatha agnes aileen aisha alexandra alice alicia alina alison amanda amara
amber amelia amina amy ana anastasia andrea angela angelica anita ann anna annabel anne annette annie
antonia anya arabella astrid audrey augusta aurora ava barbara beatrice beatrix becky belinda bella
bernadette bernice bertha beryl bess beth bethany betty beverley beverly bianca birgit blanche bonnie brenda
bridget brigitte britta camilla candice cara carla carmen carol carole caroline carolyn cassandra catalina
catherine cathy cecilia celeste celia charlotte chiara chloe christa christina christine cindy claire clara
clare claudia clementine colette colleen connie constance cora cordelia corinne cristina cynthia daisy
daniela danielle daphne deborah deirdre delia delphine denise diana diane dilys dolores donna dora doreen
doris dorothea dorothy edith edna eileen elaine eleanor elena elisa elisabeth elise eliza elizabeth ella
ellen elsa elsie emilia emily emma emmeline erica erika erin esme esperanza esther ethel eugenia eunice eva
eve evelyn farah fatima faye felicity fern fiona flora florence frances francesca freda freya frida gabriela
gabrielle gail gemma genevieve georgia georgina geraldine gerda gertrude gillian gina ginny giulia gladys
glenda gloria grace greta gretchen guinevere gwen gwendolyn halyna hannah harriet hazel heather heidi helen
helena helga henrietta hermione hilary hilda holly honor ida ilse imelda imogen ines inga ingrid irene irina
iris irma isabel isabella isla isobel ivy jacqueline jada jane janet janice jasmine jeanette jemima jennifer
jenny jessica jill joan joanna jocelyn josephine joy joyce juanita judith judy julia juliana julie juliet
justine katarina katarzyna kate katherine kathleen kathryn kathy katie katja keira kerry kirsten kirsty
kristin kristina lara larissa laura lauren leah leila lena leonora leticia lila lilian lillian lily linda
lisa liv livia lorna lorraine louisa louise lucia lucille lucinda lucy ludmila luisa lydia mabel madeleine
maeve magda magdalena maggie maisie malala mamie mandy marcela marcia margaret margarita margot maria mariam
marianne maribeth marie marilyn marina marjorie marlene marta martha martina mary matilda maud maura maureen
mavis maxine megan mei melanie melinda melissa mercedes meredith mia michelle mildred millicent mina minna
mira miranda miriam molly mona monica muriel myra nadia nadine nancy naomi natalia natalie natasha nell
nellie niamh nicola nicole nina noor nora noreen norma octavia odette olga olivia opal ottilie paloma pamela
patience patricia paula pauline pearl peggy penelope penny petra philippa phoebe phyllis pilar polly portia
priscilla priya rachel ramona rebecca regina renata renee rhoda rhona rita roberta rosa rosalind rosamund
rose rosemary rosie rowena ruby ruth sabine sabrina sadie sally salma samantha samira sandra sara sarah
saskia selina selma serena shannon sharon sheila shirley sian sibyl sienna sigrid simone siobhan sofia
solveig sonia sonja sophia sophie stella stephanie sue susan susanna suzanne svetlana sybil sylvia tabitha
tamara tamsin tania tanya tara tatiana teresa tess tessa thea thelma theresa tilda tina tracey tracy trudy
ulla una ursula valentina valerie vanessa vera verity veronica victoria viola virginia vivienne wendy
wilhelmina wilma winifred xenia yasmin yolanda yvette yvonne zainab zara zelda zoe zora
"""

GENDERS: dict[str, Gender] = {
    **dict.fromkeys(_MEN.split(), "m"),
    **dict.fromkeys(_WOMEN.split(), "f"),
}
