/* The params of jobs that clean up: what a kind does not take never heals. */

import assert from "node:assert/strict";

import { begin, column, inState } from "../lib/noop.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack;


before(async () => {
    stack = await startStack();
}, { timeout });

after(() => stack?.stop(), { timeout });


describe("params that a kind does not take", { timeout }, () => {
    const textOf = (params) => typeof params === "string" ? params
        : JSON.stringify(params);
    const DAYS = "a whole number up to 36500 there.";
    const wrong = [
        ["prune", { jobs: "soon" }, 'The param "jobs" is "soon", but prune '
            + "takes only audit_days, job_days, session_days."],
        ["prune", { job_days: "soon" },
            `The param "job_days" is "soon", but prune takes ${DAYS}`],
        ["prune", { audit_days: 1.5 },
            `The param "audit_days" is 1.5, but prune takes ${DAYS}`],
        ["prune", [30], "The params are [30], but prune takes a JSON object "
            + "of them."],
        ["expire", { days: 1 },
            'The param "days" is 1, but expire takes none.'],
        ["orphans", { hours: "24" }, 'The param "hours" is "24", but orphans '
            + "takes a whole number up to 876000 there."],
        ["orphans", { anyway: 1 },
            'The param "anyway" is 1, but orphans takes true or false there.'],
        ["scrub", { days: 99_999_999_999 },
            `The param "days" is 99999999999, but scrub takes ${DAYS}`],
        /* more than a slot can read */
        ["scrub", `{"rate": 1${"0".repeat(400)}}`, `The param "rate" is 1${
            "0".repeat(39)}, but scrub takes a whole number up to `
            + "1099511627776 there."],
    ];

    for (const [kind, params, error] of wrong) {
        const text = textOf(params);

        it(`make ${kind} dead at once: ${text.slice(0, 40)}`, async () => {
            const id = await begin(stack, kind, text);

            await until("it is over", async () =>
                await column(stack, id, "finished_at") !== "");
            assert.equal(await stack.sql("select state, attempt, error "
                + `from sluice.jobs where id = '${id}'`), `dead|1|${error}`);
        });
    }

    it("are refused in a schedule", async () => {
        for (const [kind, params, error] of wrong) {
            const text = textOf(params);
            const said = ({ stderr }) => stderr.includes(error);

            await assert.rejects(stack.sql("update sluice.schedules "
                + `set params = '${text}' where name = '${kind}'`), said);
            await assert.rejects(stack.sql("insert into sluice.schedules "
                + "(name, kind, every, params) values "
                + `('new', '${kind}', '1 day', '${text}')`), said);
        }
    });

    it("are not those that are missing or null", async () => {
        for (const [kind, params] of [["prune", { audit_days: null }],
            ["orphans", { hours: null, seconds: 0, anyway: false }],
            ["scrub", { days: 36_500 }], ["expire", {}]]) {
            await inState(stack, await begin(stack, kind, params),
                "done");
        }
        await stack.sql("update sluice.schedules set params = params "
            + "where kind in ('expire', 'orphans', 'prune', 'scrub')");
    });
});
