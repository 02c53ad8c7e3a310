/* The plan of the rounds, and the table that they end with. */

/* Of a fault: in how many rounds it came and how often it bit, how many of them
   it did not bite, what went wrong by the ledger's lists, and the worst recovery
   in seconds. */
export const emptyRow = (lists) => ({ rounds: 0, injected: 0, idle: 0,
    ...Object.fromEntries(lists.map((name) => [name, 0])), stuck: 0, worst: 0 });


/* So many names in an order that the seed gives, each as often as its share
   says, so that none is left out. */
export function plan(all, names, rounds, next) {
    const turns = names.flatMap((name) => Array(all[name].share).fill(name));
    const shuffled = (list) => list.map((what) => ({ what, order: next() }))
        .sort((a, b) => a.order - b.order).map(({ what }) => what);
    const planned = rounds <= names.length ? shuffled(names) : [];

    while (planned.length < rounds) {
        planned.push(...shuffled(turns));
    }
    return planned.slice(0, rounds);
}


export function written(table, lists) {
    const all = emptyRow(lists);
    const counts = ["rounds", "injected", ...lists, "stuck"];
    const cells = (list) => `| ${list.join(" | ")} |`;

    for (const row of table.values()) {
        for (const name of Object.keys(all)) {
            all[name] = name === "worst" ? Math.max(all.worst, row.worst)
                : all[name] + row[name];
        }
    }

    return [cells(["fault", ...counts, "worst"]),
            `|${"---|".repeat(counts.length + 2)}`,
            ...[...[...table].sort(), ["all", all]].map(([name, row]) =>
                cells([name, ...counts.map((count) => row[count]),
                       `${row.worst.toFixed(1)} s`]))].join("\n");
}
