/*
 * The list of uploads as it outlives the page. A file itself cannot be kept:
 * whoever comes back chooses it again.
 */

const KEY = "sluice.uploads";
const MOST = 100;


/* Entries of a user, as keep() got them. */
export function recall(user) {
    return read().filter((entry) => entry.user === user);
}


/* entry: {user, key, …}, what JSON takes; the key tells which it replaces. */
export function keep(entry) {
    const list = read();
    const place = list.findIndex(({ key }) => key === entry.key);

    if (place < 0) {
        list.push(entry);
    } else {
        list[place] = entry;
    }
    write(list.slice(-MOST));
}


export function forget(key) {
    write(read().filter((entry) => entry.key !== key));
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
