/** Puts the gate before services that were written by others (health, reflection). */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { OperationName } from '../../contracts/operations.ts';
import type { GatePass } from '../../runtime/kernel/ports/admission/gate.ts';
import { credentialsOf, traceparentOf } from './credentials.ts';
import type { CallerOfCall } from './credentials.ts';
import { errorStatus } from './error-status.ts';
import type { ServiceSink } from './health.ts';
import type { DoorContext } from './method.ts';

type ForeignCall = CallerOfCall & NodeJS.EventEmitter;
type ForeignCallback = (error: unknown, value?: unknown) => void;
type ForeignHandler = (call: ForeignCall, callback?: ForeignCallback) => void;

/** What the foreign service is, for the gate. */
export interface Gating {
  readonly operation: OperationName;
  /** Runs before each call that was let in. */
  readonly before?: () => void;
}

/** A sink that gates every method of what is added through it. */
export function gatedSink(server: ServiceSink, door: DoorContext, gating: Gating): ServiceSink {
  return {
    addService: (definition: ServiceDefinition, implementation: UntypedServiceImplementation) => {
      const gated = Object.entries(implementation).map(([name, handler]) => [
        name,
        gatedHandler(handler as unknown as ForeignHandler, door, gating),
      ]);
      server.addService(definition, Object.fromEntries(gated) as UntypedServiceImplementation);
    },
  };
}

function gatedHandler(
  handler: ForeignHandler,
  door: DoorContext,
  { operation, before }: Gating,
): ForeignHandler {
  return (call, callback) => {
    const traceparent = traceparentOf(call);
    const refuse = (error: unknown): void => {
      if (callback) callback(errorStatus(error));
      else call.emit('error', errorStatus(error));
    };
    const enter = (pass: GatePass): void => {
      before?.();
      if (callback) {
        handler(call, (error, value) => {
          pass.release();
          callback(error, value);
        });
        return;
      }
      const end = (error: unknown): boolean => call.emit('error', errorStatus(error));
      const leave = door.streams.enter(end, pass);
      call.once('cancelled', leave);
      pass.onEnd((why) => {
        leave();
        // What the service does when its caller gives up, so that it says nothing more.
        call.emit('cancelled', 'cancelled');
        end(why);
      });
      handler(call);
    };
    try {
      const admitted = door.gate.admit({
        operation,
        credentials: credentialsOf(call),
        staysOpen: callback === undefined,
        ...(traceparent !== undefined && { traceparent }),
      });
      // No promise where everything is at hand: a health check costs no turn of the loop then.
      if (admitted instanceof Promise) admitted.then(enter).catch(refuse);
      else enter(admitted);
    } catch (error) {
      refuse(error);
    }
  };
}
