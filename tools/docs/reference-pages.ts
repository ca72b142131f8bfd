/** The reference pages, made from what they describe. */
import { cliPage } from './cli-page.ts';
import { configPage } from './config-page.ts';
import { contractsPage } from './contracts-page.ts';
import { errorsPage } from './errors-page.ts';
import { grpcPage } from './grpc-page.ts';
import { httpPage } from './http-page.ts';
import { metricsPage } from './metrics-page.ts';
import { asyncApiText, natsPage } from './nats-page.ts';
import { subjectsPage } from './subjects-page.ts';

/** Text of each page by its path below the project's folder, for the sources as they are. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/reference/cli.md', cliPage()],
    ['docs/reference/config.md', configPage()],
    ['docs/reference/contracts.md', contractsPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/grpc.md', grpcPage()],
    ['docs/reference/http.md', httpPage()],
    ['docs/reference/metrics.md', metricsPage()],
    ['docs/reference/asyncapi.json', asyncApiText()],
    ['docs/reference/nats.md', natsPage()],
    ['docs/reference/subjects.md', subjectsPage()],
  ]);
}
