/* sluicectl cost: what a month costs, by a price list and the record. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { TOP, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;
const GIB = 2 ** 30;
const list = { currency: "EUR", budget: "100", storage_gib_month: "0.1",
    egress_gib: [{ up_to: 10, price: "0" }, { up_to: 30, price: "0.5" },
        { price: "0.25" }],
    fixed_month: { machines: "31.00" } };

let stack;


before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    await stack.sql(`insert into sluice.plans (name) values ('family');
        insert into sluice.users (id, email, password, plan)
        select gen_random_uuid(), name || '@example.org', '-', plan
        from (values ('ida', 'family'), ('ole', null)) v(name, plan)`);
    await stack.sql(`insert into sluice.kept select id, 1, case plan
            when 'family' then 30 else 10 end * ${GIB}::bigint
        from sluice.users where email in ('ida@example.org',
            'ole@example.org')`);
    await stack.sql(`insert into sluice.sent select id, api.this_month(),
            case plan when 'family' then 40 else 10 end * ${GIB}::bigint
        from sluice.users where email in ('ida@example.org',
            'ole@example.org')`);
}, { timeout });

after(() => stack?.stop(), { timeout });


const show = (prices, ...words) => {
    writeFileSync(stack.path("prices.json"), typeof prices === "string"
        ? prices : JSON.stringify(prices));

    return stack.sluicectl("cost", "show", "--prices",
        stack.path("prices.json"), "--database",
        `host=${stack.path("run")} dbname=sluice user=postgres`, ...words);
};
const rows = async (...words) =>
    JSON.parse((await show(list, "--json", ...words)).stdout);
const row = (all, part, name) => all.find((one) =>
    one.part === part && one.name === name);


describe("cost", () => {
    it("is of all tiers that were reached", { timeout }, async () => {
        const all = await rows();

        /* 50 GiB: 10 for nothing, 20 at 0.5, 20 at 0.25 */
        assert.equal(row(all, "kind", "egress").so_far, "15.00");
        assert.equal(row(all, "kind", "storage").forecast, "4.00");
        assert.equal(row(all, "fixed", "machines").forecast, "31.00");
    });

    it("is shared by what was sent and kept", { timeout }, async () => {
        const all = await rows("--by", "owner");
        const ida = row(all, "owner", "ida@example.org");
        const ole = row(all, "owner", "ole@example.org");

        assert.deepEqual([ida.stored, ida.sent, ole.stored],
            [30 * GIB, 40 * GIB, 10 * GIB]);
        const free = JSON.parse((await show({ ...list,
            storage_gib_month: "0" }, "--by", "owner", "--json")).stdout);
        const [more, less] = ["ida", "ole"].map((name) =>
            row(free, "owner", `${name}@example.org`));

        assert.deepEqual([more.so_far, less.so_far], ["12.00", "3.00"]);
        assert.ok(Math.abs(more.forecast - 4 * less.forecast) < 0.05);
        assert.equal(row(await rows("--by", "plan"), "plan", "family").forecast,
            ida.forecast);
    });

    it("is a page, and its total is of all", { timeout }, async () => {
        const all = await rows("--by", "owner", "--limit", "1");

        assert.equal(all.filter((one) => one.part === "owner").length, 1);
        assert.equal(all.find((one) => one.part === "others").sent, 10 * GIB);
        assert.equal(row(all, "total", "EUR").sent, 50 * GIB);
    });

    it("rings at a part of the budget", { timeout }, async () => {
        await show({ ...list, budget: "100000" }, "--alarm", "80");
        await assert.rejects(show({ ...list, budget: "1" }, "--alarm", "80"),
            { code: 1, stderr: /80 % of its budget/ });
    });

    it("says what to write instead in a list", { timeout }, async () => {
        const wrong = (prices, stderr) => assert.rejects(show(prices),
            { code: 1, stderr });

        await wrong('{\n"currency": EUR}', /prices\.json:2: /);
        await wrong({ ...list, storage_gib_month: 0.1 },
            /"storage_gib_month": write an amount in quotes/);
        await wrong({ ...list, egress: "1" }, /"egress": write one of/);
        await wrong({ ...list, egress_gib: [{ up_to: 3, price: "1" }] },
            /"egress_gib\[\]\.up_to": write GiB that grow/);
    });

    it("takes the example", { timeout }, () => stack.sluicectl("cost", "show",
        "--prices", join(TOP, "conf/prices.json"), "--database",
        `host=${stack.path("run")} dbname=sluice user=postgres`));
});
