/* Jobs of kind noop: a worker that does them, and how to ask for one. */

import { appendFileSync } from "node:fs";

import { children, until } from "./stack.mjs";

/* From now on the worker of the stack does them, in so many slots. */
export async function allowNoop(stack, slots = 2) {
    const master = stack.pid("worker");
    const old = children(master);

    appendFileSync(stack.path("worker.conf"), "\nnoop on\n");
    await stack.asServer("sed", "-i", `s/^slots .*/slots ${slots}/`,
        stack.path("worker.conf"));
    process.kill(master, "SIGHUP");
    await until("the worker has new slots", () => {
        const now = children(master);
        return now.length === slots && !now.some((pid) => old.includes(pid));
    });
}


/* An argument of queue.enqueue() as SQL. */
const literal = (value) => value === null ? "null"
    : `'${(typeof value === "object" ? JSON.stringify(value) : String(value))
        .replaceAll("'", "''")}'`;

/* Text of a call of queue.enqueue(); `more` are its other arguments. */
export const enqueue = (args = {}, more = {}) =>
    `queue.enqueue('noop', ${literal(args)}${Object.entries(more)
        .map(([name, value]) => `, ${name} => ${literal(value)}`).join("")})`;

/* Asks for a job; answers its id. */
export const noop = (stack, args, more) =>
    stack.sql(`select ${enqueue(args, more)}`);

/* A column of a job, as text. */
export const column = (stack, id, name) =>
    stack.sql(`select ${name} from sluice.jobs where id = '${id}'`);

export const inState = (stack, id, state, options) =>
    until(`job ${id} is ${state}`,
        async () => await column(stack, id, "state") === state, options);
