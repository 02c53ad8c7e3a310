-- For wrk with a connection in each thread: signs one user after the other in,
-- or goes on with a refresh token of its own. Arguments: "sign-in" and a file of
-- addresses, or "refresh" and a file of tokens; a line each, and one for each
-- thread at least; then the password.

local threads = 0

function setup(thread)
    thread:set("at", threads)
    threads = threads + 1
end

function init(args)
    local lines = {}

    for line in io.lines(args[2]) do
        lines[#lines + 1] = line
    end

    signs_in = args[1] == "sign-in"
    path = signs_in and "/api/sessions" or "/api/sessions/refresh"
    body = signs_in and string.format('{"email":"%s","password":"%s"}',
                                      lines[at % #lines + 1], args[3])
        or string.format('{"refresh_token":"%s"}', lines[at % #lines + 1])
    wrk.headers["Content-Type"] = "application/json"
end

function request()
    return wrk.format("POST", path, nil, body)
end

function response(status, headers, answer)
    local token = not signs_in and answer:match('"refresh_token":"([^"]+)"')

    if token then
        body = string.format('{"refresh_token":"%s"}', token)
    end
end
