-- Every request creates an event.

function init()
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  local body = '{"AcdEventTypesID":3,"AcdGroupsID":137,"Sender":"+493023125155","Subject":"Callback","UserData":"CON6177"}'
  return wrk.format("POST", nil, nil, body)
end
