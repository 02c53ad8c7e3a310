/* Paths of the page, and the way between them without loading it again. */

const routes = [];

let show = () => {};
let missing = null;         /* the view of addresses that lead nowhere */


/* pattern: "/watch/:id"; view(params, context) makes what is shown. */
export function route(pattern, view) {
    const source = pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)");

    routes.push({ match: new RegExp(`^${source}$`), view });
}


/* display(view, params, back) is called for the place one is at; nowhere is
   the view for addresses that are no route's. */
export function start(display, nowhere) {
    show = display;
    missing = nowhere;
    addEventListener("popstate", () => resolve(true));
    document.addEventListener("click", follow);
    resolve(false);
}


export function navigate(path, { replace = false } = {}) {
    if (replace) {
        history.replaceState(null, "", path);
    } else {
        history.pushState(null, "", path);
    }
    resolve(false);
}


/* The address bar alone: what is shown already fits. */
export function rewrite(path) {
    history.replaceState(null, "", path);
}


export function resolve(back) {
    const found = find(location.pathname);

    show(found.view, found.params, back);
}


function find(path) {
    for (const { match, view } of routes) {
        const hit = match.exec(path);
        if (hit) {
            return { view, params: { ...hit.groups } };
        }
    }
    return { view: missing, params: {} };
}


function follow(event) {
    const link = event.target.closest?.("a[href]");

    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey
        || event.ctrlKey || event.shiftKey || event.altKey || link.target
        || link.hasAttribute("download") || link.origin !== location.origin
        || link.getAttribute("href").startsWith("#"))
    {
        return;
    }
    if (routes.some(({ match }) => match.test(link.pathname))) {
        event.preventDefault();
        navigate(link.pathname + link.search + link.hash);
    }
}
