-- Every request clones a campaign to a name of its own.

local number = 0
local run

function init(arguments)
  run = arguments[1]
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  number = number + 1
  local body = '{"source":"Campaign 1000","destination":"Clone ' .. run .. " " .. number .. '"}'
  return wrk.format("POST", nil, nil, body)
end
