import {
  ControlPath,
  TokenCreateInput,
  TokenRevokeInput,
  TokenRotateInput,
} from '@aftertrace/schema';
import type { z } from 'zod';

import { answer, toActor } from './answer.ts';
import { readJson } from './read-json.ts';
import type { Route } from './route.ts';
import { sendJson } from './send.ts';
import type { ControlService } from './service.ts';

/** Tokens as routes; for administrators only. */
export function tokenRoutes(service: ControlService): readonly Route[] {
  return [
    {
      path: ControlPath.TOKENS,
      methods: {
        GET: async ({ response }) => sendJson(response, 200, { tokens: service.tokens() }),
        POST: async (exchange) => {
          const input = await readJson(exchange.request, TokenCreateInput);
          const create = async (body: TokenCreateInput) =>
            service.createToken({ ...body, actor: toActor(body.actor, exchange.caller) });
          await answer(exchange, input, create, (issued) => [201, issued]);
        },
      },
    },
    {
      path: `${ControlPath.TOKENS}/{id}/rotate`,
      methods: {
        POST: async (exchange) => {
          const input = await readJson(exchange.request, TokenRotateInput);
          const rotate = async (body: z.output<typeof TokenRotateInput>) => {
            const actor = toActor(body.actor, exchange.caller);
            return service.rotateToken({ ...body, id: exchange.id, actor });
          };
          await answer(exchange, input, rotate, (issued) => [200, issued]);
        },
      },
    },
    {
      path: `${ControlPath.TOKENS}/{id}/revoke`,
      methods: {
        POST: async (exchange) => {
          const input = await readJson(exchange.request, TokenRevokeInput);
          const revoke = async (body: TokenRevokeInput) => {
            const actor = toActor(body.actor, exchange.caller);
            return service.revokeToken({ ...body, id: exchange.id, actor });
          };
          await answer(exchange, input, revoke, (token) => [200, { token }]);
        },
      },
    },
  ];
}
