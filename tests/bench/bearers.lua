-- For wrk: each request brings the next token of a file as its Bearer.

local tokens = {}
local at = 0

function init(args)
    for line in io.lines(args[1]) do
        tokens[#tokens + 1] = line
    end
end

function request()
    at = at % #tokens + 1
    wrk.headers["Authorization"] = "Bearer " .. tokens[at]
    return wrk.format()
end
