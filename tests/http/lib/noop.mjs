/* Jobs of kind noop: a worker that does them, and how to ask for one. */

import { appendFileSync } from "node:fs";

import { descendants, processOf, slotsOf, until } from "./stack.mjs";

const SLOTS = 2;

/* From now on the worker of the stack does them, in so many slots. */
export async function allowNoop(stack, slots = SLOTS) {
    appendFileSync(stack.path("worker.conf"), "\nnoop on\n");
    await stack.asServer("sed", "-i", `s/^slots .*/slots ${slots}/`,
        stack.path("worker.conf"));
    await renewSlots(stack, slots);
}


/* The worker reads its file again, which has so many slots. */
export async function renewSlots(stack, slots = SLOTS) {
    const master = stack.pid("worker");
    const old = slotsOf(master);

    process.kill(master, "SIGHUP");
    await until("the worker has new slots", () => {
        const now = slotsOf(master);
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

/* Asks for one of another kind, with params as an object or as text, and tells
   the worker; answers its id. */
export async function begin(stack, kind, params = {}) {
    const id = await stack.sql(
        `select queue.enqueue(${literal(kind)}, ${literal(params)})`);

    await stack.redis("XADD", "sluice:jobs", "*", "v", "1", "id", id);
    return id;
}

/* Asks for a job; answers its id. */
export const noop = (stack, args, more) =>
    stack.sql(`select ${enqueue(args, more)}`);

/* The tools that are at work for jobs with `tool`. */
export const sleeps = (stack) => descendants(stack.pid("worker"))
    .filter((pid) => processOf(pid)?.name === "sleep");

/* Asks for a job that takes long; answers its id when its tool is at work. */
export async function atWork(stack, more) {
    const id = await noop(stack, { ms: 600_000, tool: true }, more);

    await until("its tool runs", () => sleeps(stack).length > 0);
    return id;
}

/* A column of a job, as text. */
export const column = (stack, id, name) =>
    stack.sql(`select ${name} from sluice.jobs where id = '${id}'`);

export const inState = (stack, id, state, options) =>
    until(`job ${id} is ${state}`,
        async () => await column(stack, id, "state") === state, options);
