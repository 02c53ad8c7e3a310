/* Every list costs a page, whatever hangs on its rows and whatever is asked: in
   a library of many media (SLUICE_LISTS of them) each combination of who, kind,
   words and cursor reads a bounded part of the record, and scans no table.
   Times are told, and judged where that many are worth measuring. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { TOP, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const MANY = Number(process.env.SLUICE_LISTS ?? 20_000);
const MEASURED = 1_000_000;
const MOST_MS = 20;         /* of 95 in 100, among so many */
const MOST_BLOCKS = 6000;   /* of 8 KiB: a page of 50, and 8 ms of a search */
const ROUNDS = MANY < MEASURED ? 1 : 20;
const timeout = 120_000 + MANY * 3;

const WHO = { editor: 0, owner: 1, viewer: 5 };
const WORDS = [
    "",
    "sonate",               /* frequent */
    "lento",                /* frequent, in the oldest alone */
    "w19999",               /* rare */
    "nr 777",               /* one file's number, and what begins so */
    "nowhere",
    "w",                    /* the beginning of most words */
    "sonate allegro",       /* frequent, and together */
    "allegro adagio",       /* frequent, and never together */
    "sonate w19999",
    "satz nowhere",
    "t1 t2",                /* of what is written in scores */
    "a s w n au sa w1 t n1 n2",
];
const KINDS = ["", "score", "audio"];

let stack, middle;

before(async () => {
    stack = await startStack();
    await stack.sql(readFileSync(join(TOP, "tests/bench/catalogue.sql"), "utf8")
        .replaceAll(":many", String(MANY)));
    await stack.sql("vacuum analyze");
    middle = await stack.sql("select percentile_disc(0.5) within group "
        + "(order by number) from sluice.catalogue");
}, { timeout });

after(() => stack?.stop(), { timeout });


/* [{args, blocks, ms, items}] of lists, by plans as they are when a connection
   has been in use for a while; none may scan a table. */
async function costs(who, lists) {
    const actor = `'01890000-0000-7000-8000-00000000000${WHO[who]}'`;
    const calls = lists.map((args) =>
        `api.list_media(${actor}, '${JSON.stringify(args)}')`);
    const said = await stack.sql(`
        set plan_cache_mode = force_generic_plan;
        begin;
        ${calls.map((call) => `
            select 'items', jsonb_array_length(body->'items') from ${call};`
            + `explain (analyze, buffers, format json) select ${call};`
                .repeat(ROUNDS)).join("")}
        select 'scans', coalesce(sum(seq_scan), 0)
        from pg_stat_xact_user_tables where relname in
            ('media', 'catalogue', 'jobs', 'attachments');
        commit`);
    const [, scans] = /^scans\|(\d+)$/m.exec(said);

    assert.equal(scans, "0", "a table was scanned");
    return said.split(/^items\|/m).slice(1).map((part, at) => {
        const plans = [...part.matchAll(/^\[$[^]*?^\]$/gm)]
            .map(([text]) => JSON.parse(text)[0]);
        const times = plans.map((plan) => plan["Execution Time"])
            .sort((a, b) => a - b);

        return {
            args: JSON.stringify(lists[at]),
            blocks: Math.max(...plans.map(({ Plan }) =>
                Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"])),
            ms: times[Math.ceil(0.95 * times.length) - 1],
            items: parseInt(part),
        };
    });
}


describe(`among ${MANY} media, a page`, { timeout }, () => {
    const lists = (q) => KINDS.flatMap((kind) => [false, true].map((on) =>
        ({ q, kind, cursor: on ? middle : "" })));

    for (const who of Object.keys(WHO)) {
        it(`is as much work as a page for the ${who}, whatever is asked`,
            async (t) => {
                for (const q of WORDS) {
                    for (const { args, blocks, ms, items } of
                        await costs(who, lists(q))) {
                        t.diagnostic(`${args}: ${items} of ${blocks} blocks, `
                            + `${ms} ms`);
                        assert.ok(blocks <= MOST_BLOCKS, `${args}: ${blocks}`);
                        assert.ok(MANY < MEASURED || ms <= MOST_MS,
                            `${args}: ${ms} ms`);
                    }
                }
            });
    }

    it("of a score's 600 attachments and 600 jobs tells their number",
        async () => {
            const [id] = (await stack.sql("select m.id from sluice.media m "
                + "join sluice.catalogue using (owner) where m.kind = 'score' "
                + "and m.owner::text ~ '1$' order by m.id desc limit 1"))
                .split("\n");

            await stack.sql(`
                insert into sluice.attachments (id, media, role, position,
                    filename, bytes, sha256, about)
                select gen_random_uuid(), '${id}', 'attachment', n, n || '.mid',
                       1, sha256('x'), jsonb_build_object('key', 'K' || n)
                from generate_series(1, 600) n;
                insert into sluice.jobs (id, kind, media, state)
                select gen_random_uuid(), 'attach', '${id}', 'done'
                from generate_series(1, 600)`);

            const [attached, told] = (await stack.sql("select item->'attached',"
                + "item->'score' from api.list_media("
                + "'01890000-0000-7000-8000-000000000001', '{\"kind\": "
                + "\"score\", \"limit\": \"200\"}'), "
                + "jsonb_array_elements(body->'items') item "
                + `where item->>'id' = '${id}'`)).split("|");

            assert.equal(attached, "600");
            assert.equal(told, "null");     /* its own is not known yet */

            const [{ blocks }] = await costs("owner", [{ kind: "score" }]);
            assert.ok(blocks <= MOST_BLOCKS);
        });
});


describe("the pages of a search", { timeout }, () => {
    /* [ids, pages] of all that comes, page after page */
    async function walk(who, args) {
        const ids = [];
        let cursor = "", pages = 0;

        do {
            const [items, next] = (await stack.sql("select jsonb_path_query_array"
                + "(body, '$.items[*].id'), body->>'next' from api.list_media("
                + `'01890000-0000-7000-8000-00000000000${WHO[who]}', `
                + `'${JSON.stringify({ ...args, cursor })}')`)).split("|");

            ids.push(...JSON.parse(items));
            cursor = next;
            pages++;
        } while (cursor);
        return { ids, pages };
    }

    const searches = [
        ["adagio", "video"],
        ["lento", ""],              /* behind all that is looked at first */
        ["sonate lento", "score"],
        ["satz sonate lento", "score"],     /* of which one is in all */
        ["satz", "audio"],          /* a kind of which there are few */
        ["allegro adagio", ""],     /* never together */
    ];

    for (const who of Object.keys(WHO)) {
        it(`hold all that the ${who} may see, once, the newest first`,
            async () => {
                const seen = who === "editor" ? "true" : `(m.owner =
                    '01890000-0000-7000-8000-00000000000${WHO[who]}'
                    or m.visibility = 'library' and m.state <> 'failed')`;

                for (const [q, kind] of searches) {
                    const { ids } = await walk(who, { q, kind, limit: "200" });
                    const expected = (await stack.sql("select m.id "
                        + "from sluice.media m join sluice.catalogue c "
                        + `on c.media = m.id where ${seen} `
                        + (kind && `and m.kind = '${kind}' `)
                        + q.split(" ").map((word) =>
                            `and m.title ~* '\\m${word}'`).join(" ")
                        + " order by c.number desc")).split("\n")
                        .filter(Boolean);

                    assert.equal(expected.length > 0, q !== "allegro adagio"
                        && (who === "editor" || kind !== "audio"));
                    assert.deepEqual(ids, expected, `${q} ${kind}`);
                }
            });
    }
});
