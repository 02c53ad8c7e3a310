/*
 * Where one was in a film (seconds) or a score (page), on this device.
 * The oldest are dropped: storage has an end, libraries have not.
 */

const KEY = "sluice.positions";
const MOST = 200;


export function recall(id) {
    return read().find((entry) => entry.id === id)?.at ?? null;
}


export function remember(id, at) {
    const others = read().filter((entry) => entry.id !== id);

    write([{ id, at }, ...others].slice(0, MOST));
}


export function forget(id) {
    write(read().filter((entry) => entry.id !== id));
}


function read() {
    try {
        const list = JSON.parse(localStorage.getItem(KEY));
        return Array.isArray(list) ? list : [];
    } catch {
        return [];
    }
}


function write(list) {
    localStorage.setItem(KEY, JSON.stringify(list));
}
