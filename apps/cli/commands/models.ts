/** Arguments and help of `witan models`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

const reading = () => import('../actions/models/read-models.ts');
const choosing = () => import('../actions/models/choose-model.ts');
const signing = () => import('../actions/models/sign-models.ts');

/** Adds the commands. */
export function addModels(program: Command, register: Register): void {
  const models = program
    .command('models')
    .description('models, their cards and signatures, and which version serves')
    .addHelpText(
      'after',
      '\nExamples:\n  witan models list\n  witan models show injection/ngram' +
        '\n  witan models canary injection/ngram 1.1.0 --share 5\n  witan models rollback injection/ngram',
    );
  addReading(models, register);
  addChoosing(models, register);
  const sign = models
    .command('sign')
    .description('sign models with your key, or make a key')
    .argument('[folder]', 'folder of models, or one <id>/<version>')
    .option('--key <file>', 'Ed25519 private key in PEM')
    .option('--into <root>', 'put what training left in the folder (body.json and files) there, signed')
    .option('--new-key <file>', 'make a key there and print what others pin')
    .addHelpText(
      'after',
      '\nA signature says that you vouch for the card and the files. Nothing is signed unless the files' +
        '\nare what model.json says. A node trusts your key once `models.trustedKeys` names it.' +
        '\n\nExamples:\n  witan models sign --new-key model-key.pem' +
        '\n  witan models sign ./models --key model-key.pem' +
        '\n  witan models sign ./trained --into ./models --key model-key.pem',
    );
  register(sign, async () => (await signing()).sign);
}

function addReading(models: Command, register: Register): void {
  const list = models.command('list').description('list models with their versions, refused ones included');
  register(
    placed(list, '\n  witan models list\n  witan models list --json'),
    async () => (await reading()).list,
  );
  const show = models
    .command('show')
    .description('show the card of a model: what was measured beside what is claimed')
    .argument('<model>', WHICH);
  register(
    placed(show, '\n  witan models show injection/ngram\n  witan models show injection/ngram@1.0.0 --json'),
    async () => (await reading()).show,
  );
  const verify = models
    .command('verify')
    .description('check signature, length and hash of every file; exit code 7: something does not hold')
    .argument('[model]', WHICH)
    .option('--data-dir <folder>', FOLDER)
    .option('--config <file>', 'JSON file of settings')
    .addHelpText('after', '\nExamples:\n  witan models verify\n  witan models verify injection/ngram');
  register(verify, async () => (await reading()).verify);
}

function addChoosing(models: Command, register: Register): void {
  const use = models
    .command('use')
    .description('choose the version that serves')
    .argument('<model>', 'id or alias')
    .argument('<version>', 'a version, or `newest`');
  register(
    placed(use, '\n  witan models use injection/ngram 1.0.0\n  witan models use injection/ngram newest'),
    async () => (await choosing()).use,
  );
  const canary = models
    .command('canary')
    .description('give a version a share of the requests and compare it, or end that')
    .argument('<model>', 'id or alias')
    .argument('[version]', 'the version that is tried')
    .option('--share <percent>', 'share of requests, 0.01 to 100', '5')
    .option('--end', 'end it; the version in use answers everything again');
  register(
    placed(
      canary,
      '\n  witan models canary injection/ngram 1.1.0 --share 2.5' +
        '\n  witan models canary injection/ngram --end',
    ),
    async () => (await choosing()).canary,
  );
  const rollback = models
    .command('rollback')
    .description('go back: end the canary if there is one, else return to the former version')
    .argument('<model>', 'id or alias')
    .option('--why <text>', 'recorded with it', 'asked for');
  register(
    placed(rollback, '\n  witan models rollback injection/ngram --why "false alarms"'),
    async () => (await choosing()).rollback,
  );
}

function placed(command: Command, examples: string): Command {
  return command
    .option('--url <url>', 'node to ask; otherwise the folders of this machine')
    .option('--data-dir <folder>', FOLDER)
    .option('--config <file>', 'JSON file of settings')
    .addHelpText('after', `\nExamples:${examples}`);
}

const WHICH = 'id, id@version or alias';
const FOLDER = "folder of the node's files (default .witan)";
