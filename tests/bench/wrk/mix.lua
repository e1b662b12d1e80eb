-- Nine reads and a clone, in turn, until so many answers have come; it ends the process then, with 1 after an error.

local paths = { "/acd/events/types", "/dialler/campaigns/500", "/dialler/campaigns" }
local sent, received = 0, 0
local run, total, base

function init(arguments)
  run, total, base = arguments[1], tonumber(arguments[2]), wrk.path
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  sent = sent + 1
  if sent % 10 > 0 then
    return wrk.format("GET", base .. paths[sent % 3 + 1])
  end
  local body = '{"source":"Campaign 1000","destination":"Clone ' .. run .. " " .. sent .. '"}'
  return wrk.format("POST", base .. "/dialler/campaigns/clone", nil, body)
end

function response(status)
  received = received + 1
  if status ~= 200 or received == total then
    os.exit(status == 200 and 0 or 1)
  end
end
