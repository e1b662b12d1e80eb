-- Every request is another one, so that no answer that was kept can serve it.

local number = 0
local run

function init(arguments)
  run = arguments[1]
end

function request()
  number = number + 1
  wrk.headers["X-Request-Number"] = run .. "-" .. number
  return wrk.format()
end
