/* The queue of this tab, until it is closed. */

const KEY = "sluice.queue";
const MOST = 200;


/* What stands in the bar before the server is asked: no links. */
export function keepQueue(list, at, time) {
    const from = Math.max(0, Math.min(at, list.length - MOST));

    sessionStorage.setItem(KEY, JSON.stringify({
        list: list.slice(from, from + MOST).map(
            ({ id, kind, title, author, duration }) =>
                ({ id, kind, title, author, duration })),
        at: at - from, time,
    }));
}


export function keptQueue() {
    try {
        const { list, at, time } = JSON.parse(sessionStorage.getItem(KEY));

        return list[at] ? { list, at, time } : { list: [] };
    } catch {
        return { list: [] };
    }
}
