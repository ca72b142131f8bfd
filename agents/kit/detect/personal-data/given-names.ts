/**
 * Given names that are hardly ever another word, and family names; lower case, given names without accents.
 */

const NAMES =
  'aaron abdul abdullah abigail adele adrian adriana agnes ahmed aisha akira alan alejandra ' +
  'alejandro alessandra ' +
  'alessandro alexandra alexandre alexei alfredo alice alicia alison allison alma amanda amelia ' +
  'amir amit amy ana ' +
  'anastasia anders andrea andreas andrei andrew andrzej angela angelica anil anita anja anke anna ' +
  'anne annette ' +
  'annie anthony antoine anton antonella antonia antonio anya arjun arthur arturo ashley astrid ' +
  'augusto aurelie ' +
  'barbara beatrice beatriz benedikt benjamin bernard bernd bianca birgit bjorn bjoern bob bogdan ' +
  'boris brenda brian ' +
  'brigitte bruno camila camille carla carlos carmen carol carolina caroline caterina catherine ' +
  'cecilia celine ' +
  'charles charlotte chen chiara chloe christian christiane christina christine christoph ' +
  'christophe christopher ' +
  'cindy claire claudia claudio colin connor cristian cristina cynthia daisuke dan daniel daniela ' +
  'danielle danny ' +
  'daria dariusz dave david deborah debra deepak denise dennis derek diana diane diego dieter ' +
  'dimitri dirk dmitri ' +
  'dmitry dominik dominique donald donna doris dorothy douglas duncan edgar eduardo edward eileen ' +
  'elena eleanor ' +
  'elias elisabeth elizabeth ella ellen elsa emilia emilie emily emma emmanuel enrico eric erica ' +
  'erik erika ernesto ' +
  'esteban esther eugene eva evelyn ewa fabian fabio fatima federica federico felipe felix fernanda ' +
  'fernando ' +
  'filip fiona florence florian francesca francesco francis francisca francisco francois frank ' +
  'franz frederic ' +
  'frederik fredrik friedrich fritz gabriel gabriela gabriele gareth gary geoffrey george georgia ' +
  'georgios gerald ' +
  'gerard gerhard gianluca gilbert giorgio giovanni giulia giuseppe gordon greg gregory guillaume ' +
  'guillermo gustav ' +
  'gustavo hannah hans hanna harold harriet harry hassan hector heike heinrich heinz helen helena ' +
  'helga henri ' +
  'henrik henry herbert hiroshi holger howard hugo hussein ian ibrahim ignacio igor ilona ines ' +
  'ingrid irena irene ' +
  'irina isabel isabella isabelle ivan ivana jack jacek jackie jacob jacqueline jacques jaime jakob ' +
  'jakub james jamie ' +
  'jan jana jane janet janice jason javier jean jeanne jeff jeffrey jennifer jenny jens jeremy ' +
  'jerome jerry jessica ' +
  'jill jim jimmy joan joana joanna joao joel johan johanna johannes john johnny jonas jonathan ' +
  'jorge jose josef ' +
  'joseph josephine joshua joyce juan juana judith julia julian juliana julie julien juliette jun ' +
  'jurgen juergen ' +
  'justin justyna kai karen karim karin karl karolina katarina katarzyna kate katerina katharina ' +
  'katherine kathleen ' +
  'kathryn katie katja katrin kazuki keith kelly kenji kenneth kevin kim klaus konstantin kristen ' +
  'kristian kristina ' +
  'kumar kyle lakshmi lara larry lars laszlo laura lauren laurence laurent leila lena leo leon ' +
  'leonard leonardo ' +
  'leonie leslie leticia liam lillian linda lindsay lisa lorena lorenzo louis louise luc luca lucas ' +
  'lucia luciana ' +
  'lucie lucy ludmila ludwig luigi luis luisa lukas luke lydia magdalena maksim malik manfred manon ' +
  'manuel manuela ' +
  'marc marcel marcelo marcin marco marcos marcus margaret margarita maria marian mariana marianne ' +
  'marie marina ' +
  'mario marion marjorie marlene marta martha martin martina martine mary masato mateo mathias ' +
  'mathieu mathilde ' +
  'matteo matthew matthias matthieu maurice mauricio maurizio mehmet melanie melissa mercedes ' +
  'michael michaela ' +
  'michal micheal michel michele michelle miguel mihai mikael mike mikhail milan milena milos ' +
  'miriam mohamed ' +
  'mohammad mohammed monica monika monique muhammad mustafa nadia nadine nancy naoki naomi natalia ' +
  'natalie natasha ' +
  'nathalie nathan nathaniel neha neil nicholas nick nicola nicolas nicole nigel nikhil niklas ' +
  'nikola nikolai nils ' +
  'nina noah norbert noemi oksana olaf oleg olga oliver olivia olivier omar oscar oskar otto pablo ' +
  'pamela paola ' +
  'paolo pascal patricia patrick patrik paul paula paulina pavel pawel pedro peggy penelope per ' +
  'petar peter petra ' +
  'philip philipp philippe phillip pierre pieter piotr prakash priya rachel radek rafael rahul raj ' +
  'rajesh ralf ralph ' +
  'ramesh ramon raphael raquel rashid raul raymond rebecca regina renate renata rene ricardo ' +
  'richard rita robert ' +
  'roberta roberto robin rodrigo roger roland rolf romain roman ronald rosa rosemary roxana ruben ' +
  'rudolf rui russell ' +
  'ruth ryan sabine sabrina sakura salvatore samantha samuel sandra sanjay sara sarah saskia ' +
  'satoshi sean sebastian ' +
  'sebastien sergei sergey sergio sharon sheila shirley shreya silvia simon simona simone sofia ' +
  'sofie sonia sophia ' +
  'sophie stanislav stefan stefania stefanie stefano stella stephan stephane stephanie stephen ' +
  'steve steven stuart ' +
  'sunita suresh susan susana susanna susanne suzanne sven svetlana sylvia sylvie takashi tamara ' +
  'tanja tanya tatiana ' +
  'terence teresa terry theodore theresa therese thierry thomas tiffany tim timothy tina tobias ' +
  'todd tom tomas ' +
  'tomasz tommy tony torsten tracy ulrich ulrike umberto ursula uwe valentina valeria valerie ' +
  'vanessa vera veronica ' +
  'veronika victoria vijay vikram viktor viktoria vincent vincenzo virginia vivian vivien vladimir ' +
  'volker walter ' +
  'wendy werner wilhelm william wolfgang xavier yann yasmin yasuko yolanda yoshi yuki yuri yusuf ' +
  'yves yvette yvonne ' +
  'zachary zofia zoe zoltan';

const SURNAMES =
  'smith johnson williams jones garcia miller davis rodriguez martinez hernandez lopez gonzalez ' +
  'wilson anderson taylor ' +
  'moore jackson perez thompson harris sanchez clark ramirez lewis robinson torres nguyen flores ' +
  'adams nelson ' +
  'mitchell roberts carter phillips evans turner diaz cruz edwards collins reyes stewart morris ' +
  'morales murphy ' +
  'rogers gutierrez ortiz morgan cooper peterson bailey reed howard ramos richardson watson chavez ' +
  'wood brooks ' +
  'bennett mendoza ruiz hughes alvarez castillo sanders patel myers ross foster jimenez schmidt ' +
  'schneider fischer ' +
  'weber meyer wagner becker schulz hoffmann koch bauer richter klein wolf neumann schwarz ' +
  'zimmermann krause ' +
  'lehmann rossi russo ferrari esposito bianchi romano ricci marino dupont dubois moreau lefebvre ' +
  'leroy girard ' +
  'bonnet fournier silva santos oliveira souza pereira lima carvalho ferreira almeida ribeiro gomez ' +
  'fernandez ' +
  'gonzales moreno romero navarro dominguez vargas kim park choi wang zhang liu yang huang zhao ' +
  'singh kumar sharma ' +
  'gupta khan ahmed hussain ali tanaka suzuki yamamoto watanabe ito nakamura kobayashi kato obrien ' +
  'oconnor walsh ' +
  'kelly ryan byrne campbell macdonald mcdonald stevens chapman palmer hunt shaw simpson ferguson';
/** Endings of family names in Slavic, Nordic, Iberian, Greek, Armenian, Romanian and Turkish. */
const ENDINGS =
  /(?:[^aeiou][oe]va?|sk[aiy]|ck[aiy]|czyk|wicz|enko|chuk|vi[cć]|ović|i[cč]ová|ová|sson|ssen|[^aeiou]sen|sdottir|sdóttir|dóttir|opoulos|idis|akis|yan|escu|oglu|oğlu|[^aeiou]ez|nen)$/;

const surnames: ReadonlySet<string> = new Set(SURNAMES.split(' '));

/** Whether a capitalised word is a common family name or has the ending of one. */
export function isSurname(word: string): boolean {
  const lower = word.toLowerCase();
  return word.length > 4 && ENDINGS.test(lower) ? true : surnames.has(lower.replaceAll(/[’']/g, ''));
}

/** See the head of the file. */
export const GIVEN_NAMES: ReadonlySet<string> = new Set(NAMES.split(' '));

/** Whether a word is such a given name, accents and case aside. */
export function isGivenName(word: string): boolean {
  return GIVEN_NAMES.has(word.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase());
}
