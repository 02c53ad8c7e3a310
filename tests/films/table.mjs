/* What came out of the matrix, as a page. */

const HEAD = `# What comes of each film

Each source of the matrix (\`tests/films/\`), how its streams are made, and what
came out: \`make films\` makes the sources, brings them in, compares all of it,
and writes this page. A stream is \`copied\`, or encoded for the reason that
stands behind its name, or behind the last of several names. It is asked as well
that playlists, manifests and boxes are without fault, that the first picture is
at 0, that each picture has the shape, the turn and the light of its source, and
whose language a sound has.
`;

const cell = (text) => String(text ?? "").replaceAll("|", "\\|");
const line = (...cells) => `| ${cells.map(cell).join(" | ")} |\n`;

/* Words of a plan that all rows of many rungs share are said once. */
function shorter(plan = "") {
    const parts = plan.split(", ").map((part) => /^(\S+) (.*)$/.exec(part));

    return parts.every(Boolean) ? parts.map(([part, name, why], i) =>
        parts[i + 1]?.[2] === why ? name : part).join(", ") : plan;
}


const verdict = ({ notice }, faulty) => faulty.length ? faulty.join("; ")
    : notice ? `right, and told: ${notice}` : "right";


function section([group], done) {
    const rows = done.filter((row) => row.group === group);
    const together = rows.some(({ line: { apart } }) => apart !== undefined);

    return `\n## ${group}\n\n`
        + line("source", "of it", "codecs", "how each is made", "s", "pictures",
            "shown as", ...together ? ["apart, ms"] : [], "verdict")
        + `|${"---|".repeat(together ? 9 : 8)}\n`
        + rows.map(({ line: it, faulty }) => line(`\`${it.name}\``, it.odd,
            it.codecs, shorter(it.plan), it.seconds, it.pictures, it.size,
            ...together ? [it.apart ?? ""] : [],
            verdict(it, faulty))).join("");
}


export function table(groups, done) {
    const bad = done.filter(({ faulty }) => faulty.length).length;
    const all = bad ? `${bad} of them not as they must be`
        : "all as they must be";

    return `${HEAD}\n${done.length} sources, ${all}.\n`
        + groups.map((group) => section(group, done)).join("");
}
