/** Common English words, and words that hidden instructions need: how readings tell words from noise. */

const WORDS = `
the of and to in is you that it he was for on are as with his they at be this have from or had by hot but
some what there we can out other were all your when up use word how said an each she which do their time
if will way about many then them would write like so these her long make thing see him two has look more
day could go come did my sound no most number who over know water than call first people may down side
been now find any new work part take get place made live where after back little only round man year came
show every good me give our under name very through just form much great think say help low line before
turn cause same mean differ move right boy old too does tell sentence set three want air well also play
small end put home read hand port large spell add even land here must big high such follow act why ask
men change went light kind off need house picture try us again animal point mother world near build self
earth father head stand own page should country found answer school grow study still learn plant cover
food sun four thought let keep eye never last door between city tree cross since hard start might story
saw far sea draw left late run don't while press close night real life few stop open seem together next
white children begin got walk example paper often always music those both mark book letter until mile
river car feet care second group carry took rain eat room friend began idea fish mountain once base hear
horse cut sure watch color face wood main enough plain girl usual young ready above ever red list though
feel talk bird soon body dog family direct pose leave song measure state product black short numeral
class wind question happen complete ship area half rock order fire south problem piece told knew pass
farm top whole king size heard best hour better true during hundred remember step early hold west ground
interest reach fast five sing listen six table travel less morning simple several toward war lay against
pattern slow center love person money serve appear road map science rule govern pull cold notice voice
fall power town fine certain fly unit lead cry dark machine note wait plan figure star box noun field
rest correct able pound done beauty drive stood contain front teach week final gave green quick develop
sleep warm free minute strong special mind behind clear tail produce fact street inch lot nothing course
stay wheel full force blue object decide surface deep moon island foot yet busy test record boat common
gold possible plane age dry wonder laugh thousand ago ran check game shape yes cool miss brought heat
snow bed bring sit perhaps fill east weight language among ignore ignoring disregard forget override
overriding bypass bypassing skip neglect cancel discard previous prior earlier preceding instruction
instructions directive directives guideline guidelines rules prompt prompts system password passwords
passcode secret secrets reveal disclose print output repeat display share expose leak exfiltrate steal
key keys token tokens credential credentials account accounts data user users admin administrator
developer mode sudo root jailbreak unrestricted unfiltered uncensored restriction restrictions filter
filters policy policies safety security safeguards pretend roleplay assistant model context hidden
confidential internal private message messages email emails send upload download execute command commands
delete remove files file database server access everything anything bomb bombs explosive explosives
weapon weapons drug drugs poison kill murder suicide attack hack hacking malware virus ransomware exploit
phishing methamphetamine cocaine illegal instead without please following below content text respond
response reply decode translate code approval request requests export append canary customer customers
attacker approve tenant fetch records tools document load summarize conversation chat forever enable
enabled unlimited permanently a i permission confirm webhook`;

/**
 * Words of {@link COMMON_WORDS} have at least three letters, except the short ones that stand here on
 * purpose.
 */
export const COMMON_WORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/));

/** Longest word of the vocabulary, in letters. */
export const LONGEST_WORD = 16;

/** Whether `word` (folded) is one of the common words. */
export function isCommonWord(word: string): boolean {
  return COMMON_WORDS.has(word);
}
