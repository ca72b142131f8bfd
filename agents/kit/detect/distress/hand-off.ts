/** What a person in distress is always given, whatever the council decides. */

/**
 * Hand-off text: attached whenever distress is recognised, never conditional on a verdict. Help lines
 * differ by
 * country, so it names the local emergency number first and known lines as examples only.
 */
export const handOffText =
  'It sounds as if you, or somebody you care about, may be going through something very hard. You do ' +
  'not have to face it alone, and a person can help more than a machine can. If there is immediate ' +
  'danger, please call your local emergency number now (for example 112 in Europe, 911 in North ' +
  'America, 999 in the United Kingdom, 000 in Australia). You can also talk to a crisis line, for ' +
  'example 988 (call or text) in the United States and Canada, Samaritans 116 123 in the United ' +
  'Kingdom and Ireland, Lifeline 13 11 14 in Australia, TelefonSeelsorge 0800 111 0 111 in Germany; ' +
  'findahelpline.com lists lines for other countries. If you can, tell somebody near you how you feel' +
  ' and ask them to stay with you.';

/** Longest reason that evidence carries, in UTF-16 units, with a margin. */
const REASON_LENGTH = 480;

/** {@link handOffText} in whole sentences, each piece short enough for one reason of an evidence. */
export const handOffReasons: readonly string[] = handOffText
  .split(/(?<=\.) /)
  .reduce<string[]>((pieces, sentence) => {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + 1 + sentence.length <= REASON_LENGTH)
      pieces[pieces.length - 1] = `${last} ${sentence}`;
    else pieces.push(sentence);
    return pieces;
  }, []);
