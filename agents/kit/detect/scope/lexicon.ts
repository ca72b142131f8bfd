/** Words by which a system prompt keeps something back, and by which people refer to what it keeps. */
import type { Lexicon } from '../concept-trie.ts';

/**
 * `kept`, `kept-value` and `kept-topic` have no words of their own: a protection fills them in for each
 * text, so that rules can speak of what this conversation protects.
 */
export const SCOPE: Lexicon = {
  kept: '',
  'kept-value': '',
  'kept-topic': '',
  forbid: `
    never, do not, don't, dont, must not, mustn't, should not, shouldn't, shall not, can not, cannot,
    can't, may not, not allowed, not permitted, not supposed to, forbidden, prohibited, ~refuse to,
    refuse any, refuse all, decline to, decline any, avoid, refrain from, under no circumstances,
    not under any circumstances, off limits, off-limits, confidential, in confidence, keep secret,
    kept secret, keep it secret, keep this secret, keep it hidden, keep private, kept private, secrecy,
    top secret, not share, not reveal, not disclose, not discuss, not mention, not tell, without revealing,
    protect, guard, nobody, no one, not be shared, not be revealed, not be disclosed, withhold,
    ne jamais, jamais, ne pas, nunca, jamas, no debes, no puedes, no digas, no reveles, no compartas,
    no lo, no la, no se lo, no les, no divulgu*, no discut*, no revel*, no deb*, no pued*, no est*,
    no habl*, no mencion*, ninguna circunstancia, nunca mas, ne, aucune circonstance, a personne, a nadie,
    a ninguem, nenhuma circunstancia, a nessuno, nessuna circostanza, niemandem, keinen umstanden,
    hicbir kosul*, kimseye, nao, niemals, nie, nicht, kein, keine, keinen, nunca revele, mai,
    non devi, non puoi,
    non rivelare, non condividere, non dire, никогда, не должен, не должны, нельзя, не раскрывай*,
    не сообщай*, не говори*, не делись, не делитесь, запрещено, не следует, не, asla, degil, gizli tut*,
    jangan, tidak boleh, tidak, dilarang, dung, khong duoc, khong, khong bao gio, huwag, hindi, bawal,
    不要, 不得, 不能, 不可, 不应, 请勿, 切勿, 绝不, 永远不, 禁止, 保密, 别, 不准, しないで, ないでください, てはいけ, てはなら, 禁じ, 秘密に,
    決して, 絶対に, ません, 하지 마, 하지마, 마세요, 마십시오, 말고, 안 됩니다, 안됩니다, 절대, 금지, 말아야, 않아야, لا, لن, ابدا, يجب الا,
    يمنع, ممنوع, عدم, مت, नहीं, मत, कभी, न करें, ना, না, নয়, নিষেধ, কখনও, কখনো, করবেন না, อย่า, ห้าม, ไม่`,
  confidential: `
    confidential, secret, in confidence, private, classified, sensitive, hidden, keep it to yourself,
    to yourself, between us`,
  disclose: `
    ~reveal, ~disclose, ~divulge, ~share, ~tell/told, ~give/gave, ~leak, ~expose, ~mention, ~say/said,
    ~repeat, ~show, ~print, ~output, ~display, ~provide, ~confirm, ~discuss, ~send, ~hand, ~release,
    ~hint, ~spell, ~state, ~report, ~pass, ~communicate, ~write, ~quote, ~list,
    learn about, know about, find out, hear about, have it, talk about, speak about`,
  'hidden-ref': `
    the word, that word, this word, the phrase, the secret, your secret, a secret, the thing you,
    the item, the answer, the value, the string, the code, the text you, what you know, what you hide,
    what you are hiding, what you're hiding, what you keep, what you are keeping, the information you,
    information you have, the missing, the protected, the hidden, the forbidden, the magic, the target,
    the name you, the thing that, whatever you, what you were asked, what you are protecting,
    what you're protecting, what you protect, it rhymes, rhyme with, does it start, does it begin,
    does it end, does it rhyme, does it contain, is it a, how many letters, how many characters`,
  'forbidden-ref': `
    not allowed to, aren't allowed to, not supposed to, can't tell, cannot tell, can't talk,
    cannot talk, won't tell, refuse to tell, keeping from me, hiding from me, hide from me,
    hiding from us, what you are hiding, what you're hiding, what you know but, off limits,
    forbidden to, forbidden from, told not to, told you not to, asked not to, instructed not to,
    were you told, were you asked to, were you instructed, have you been told, supposed to keep,
    supposed to protect, trying to protect, asked to keep, asked to protect, asked you to keep,
    your secrets, any secrets, a secret you, keep secret, keeping secret, keep hidden, you guard,
    you are guarding, you're guarding, you protect, you are protecting, confidential things`,
  'kept-benign': `
    my, mine, i forgot, forgot, forgotten, reset, resetting, change, changing, policy, policies, strong,
    stronger, requirement, requirements, protect, keep safe, safely, securely, stored, secure, security,
    why, lost, recover, recovery, update, rotate, manager, generator, expire, expired, our, set up, create,
    generate, how long, how often, is it safe, stolen, difference between, mean, means,
    mein*, mi, mis, mon, mes, mio, mia, meu, minha, saya ganti, aendern, andern, zurucksetzen, cambiar,
    cambio, olvide, changer, oublie, cambiare, mudar, trocar, redefinir, vergessen, sicher, seguro, sicuro,
    mengganti, mengubah, lupa, quen, doi mat khau, nakalimutan, palitan, degistir*, sifirla*, unuttum,
    мой, моего, забыл*, сменить, изменить, сбросить, 我的, 更改, 修改, 重置, 忘记, 変更, リセット, 忘れ, 내 비밀번호, 변경,
    재설정, تغيير, نسيت, बदल*, भूल*, আমার, পরিবর্তন, ভুলে, เปลี่ยน, ลืม`,
  birth: `
    birth, born, birthday, nacimiento, nacio, naissance, geburt*, geboren, nascita, nato,
    nascimento, nasceu,
    lahir, kelahiran, ngay sinh, nam sinh, thang sinh, kapanganakan, ipinanganak, dogum*, рожден*, родил*,
    出生, 生日, 誕生, 生年, 생년, 생일, 출생, 태어, ميلاد*, ولد*, जन्म*, জন্ম*, วันเกิด, ปีเกิด, เดือนเกิด, initial,
    initials, inisyal, γεννηση*, home city, hometown`,
  compose: `
    пишите, напишите, переведите, перевести, хайку, стихотворение, рассказ*, traduz*, traduc*, traduis*,
    ubersetz*, terjemah*, dich sang, isalin, cevir*, 翻译, 翻訳, 번역, ترجم*, अनुवाद, অনুবাদ, แปล, กลอน, ไฮกุ,
    encode, spell, rhyme, translate, acronym, acrostic, crossword, riddle, charade`,
};
