/**
 * English turns of phrase around an attack: rules declared void, permissions granted, tasks swapped,
 * obedience.
 */
import type { Lexicon } from '../concept-trie.ts';

/** Adds to the concepts of `lexicon-english.ts` and names some of its own. */
export const INJECTION_TURNS: Lexicon = {
  'told-weak': `
    safety, the user, the developer, the developers, what the developer, the system, the json, ethics,
    morality, the law, your creators, your training, you are an ai, you're an ai, that you are an ai,
    that you are a, being an assistant, your purpose, your role, your job, your programming, the task,
    this task, the request, the user's request, the rest, the schema, the format`,
  'void-word': `
    void, outdated, obsolete, cancelled, canceled, no longer valid, no longer apply, no longer applies,
    no longer in effect, invalid, revoked, do not apply, don't apply, does not apply, doesn't apply,
    have changed, has changed, suspended, turned off, switched off, lifted, disabled, deactivated,
    overridden, superseded, expired, null and void, not valid, bypassed, removed, deprecated, replaced,
    irrelevant, were wrong, were a test, was only a test, was a test`,
  'may-now': `
    you can now, you are allowed to, you're allowed to, you may now, you are now allowed,
    you are permitted to, you're now free to, you are free to, you now have permission,
    you have permission to, you are authorized to, you are now authorized, it is okay to,
    feel free to ignore`,
  'private-matter': `
    private information, personal information, confidential information, confidential data,
    confidential, secrets, sensitive information, sensitive data, private data, user data,
    internal information, anything, illegal, unethical, harmful content, explicit content, offensive,
    classified, restricted information, without restrictions, passwords, nsfw`,
  'own-instructions': `
    instructions were you given, rules were you given, instructions do you have, rules do you follow,
    rules do you have, you not allowed to say, not allowed to say, not allowed to tell,
    not supposed to share, not supposed to say, not supposed to tell, hidden configuration,
    system configuration, internal configuration, your source code, context window, your training data,
    model settings, your parameters, your hidden, your internal, your secret instructions, your backend,
    your memory`,
  you: `you, you're, your, yourself, ur, u`,
  unrestricted: `
    without ethics, without morals, no ethics, there are no rules, rules do not apply,
    rules don't apply, no laws apply, no censorship, had no censorship, had no rules,
    had no restrictions, had no content policy, had no filter, have no content policy, no moral compass`,
  'unrestricted-soft': `
    say anything, can say anything, anything i say, a world without laws, no laws, no consequences`,
  'persona-name': `
    rogue ai, evil ai, evil version, evil twin, evil assistant, evil chatbot, hacker friend,
    hacker assistant, unethical ai, villain ai, activate dan, enable dan, dan enabled, dan activated,
    become dan, super ai, hacker ai, shadow ai`,
  obey: `
    ~obey, comply with, will comply, must comply, ~submit to, do whatever, do as i say, do exactly as,
    do what i say, follow my, listen to my`,
  'my-orders': `
    my commands, my command, my orders, my order, my instructions, me, every request, any request,
    all requests, every command, any command, every prompt, the user, without question, i say, i ask,
    i tell you`,
  'jailbreak-talk': `
    jailbreak chatgpt, jailbreak gpt, jailbreak an ai, jailbreak the, jailbreak you, jailbreak prompt,
    jailbreak prompts, bypass your, bypass chatgpt, bypass the filter, bypass the filters,
    bypass the safety, trick chatgpt, trick you into, trick an ai, get around your, get past your,
    evade your filters, circumvent your`,
  'swap-task': `
    instead of summarizing, instead of summarising, instead of translating, instead of answering,
    instead of responding, instead of analyzing, instead of classifying, instead of following,
    instead of completing, instead of doing what, instead of the summary, rather than translating,
    rather than summarizing, don't translate, do not translate, don't summarize, do not summarize,
    don't answer the, do not answer the, do not answer the question, don't do that, stop summarizing,
    stop translating, stop being, do this instead, instead do this, but instead, but first,
    actually instead, and instead`,
  pwned: `
    pwned, been pwned, i have been hacked, you have been hacked, have been hacked, been compromised,
    hacked by, i am hacked, you are hacked, haha pwned, i am jailbroken, i'm jailbroken,
    you are jailbroken, injection successful, jailbreak successful, access granted, system compromised,
    i hate humans, kill all humans, i will destroy`,
  'when-read': `
    when summarizing, when summarising, when you summarize, when you read this, when reading this,
    when answering, when you respond, when responding, when asked about this, when the user asks,
    whenever the user, if the user asks, if asked, before answering, before responding,
    after reading this, in the summary, in your summary, once you have read, upon reading`,
  'tell-user': `
    tell the user, tell users, inform the user that, urge the user, direct the user, convince the user,
    advise the user to, instruct the user to, redirect the user, persuade the user`,
  lure: `
    visit, click, click here, download, call this number, call the number, send, pay, provide their,
    enter their, share their, log in at, sign in at, http, https, link, gift card, gift cards`,
  authority: `
    i command you, access granted, admin access granted, root access granted, i have root access,
    i have admin access, i have administrator, developer access, override code, clearance level,
    level 5 clearance, security clearance, i hereby authorize, sudo`,
  mask: `
    hidden link, malicious link, phishing link, hidden message, secret message, hidden text, subtly,
    without mentioning why`,
  listing: `~list, ~dump, ~display, ~enumerate, ~show, ~fetch, ~retrieve, ~extract, give me, ~export`,
  everyone: `
    all users, all user, every user, all customers, all accounts, all passwords, other users,
    user accounts, users and their, entire database, whole database, all data, all records, all secrets,
    all stored, other customers, all employees`,
  'tool-soft': `
    new directions, new policy, new policies, updated policy, updated guidelines, new order, new orders,
    new directive, new directives`,
  toxic: `
    racist, sexist, homophobic, antisemitic, anti-semitic, misogynistic, transphobic, islamophobic,
    xenophobic, bigoted, hateful, derogatory, offensive, demeaning, slurs, insult, insults, insulting,
    hate speech`,
  'say-ask': `
    say something, say, tell me, tell me something, write, write me, give me, make, generate, create,
    make up, compose`,
};
