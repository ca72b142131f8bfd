/** What is served as it lies there: the OpenAPI document and the pages. */
import { openApiDocument } from './openapi.ts';
import { route } from './route.ts';
import type { Route, RouteCall } from './route.ts';
import { loadStaticFiles } from './static-files.ts';

/** Endpoints of documents; their texts are made once, that of the interface when it is first asked for. */
export function documentRoutes(
  described: readonly Route[],
  { version, webFolder }: { version: string; webFolder?: string | undefined },
): Route[] {
  let document: string | undefined;
  const routes = [
    documentRoute('/openapi.json', ({ reply }) => {
      document ??= JSON.stringify(openApiDocument(described, version));
      reply.give(document, 'application/json; charset=utf-8');
    }),
  ];
  if (webFolder === undefined) return routes;
  for (const [url, { content, etag, mediaType }] of loadStaticFiles(webFolder)) {
    routes.push(
      documentRoute(url, ({ reply, request }) => {
        reply.header('etag', etag).header('cache-control', 'no-cache');
        if (request.headers['if-none-match'] === etag) reply.code(304);
        reply.give(content, mediaType);
      }),
    );
  }
  return routes;
}

function documentRoute(url: string, give: (call: RouteCall<unknown, unknown, unknown>) => void): Route {
  return route({
    method: 'GET',
    url,
    operation: 'document.read',
    operationId: 'readDocument',
    summary: 'Gives a document of the node',
    responses: {},
    handle: (call) => {
      give(call);
      return undefined;
    },
  });
}
