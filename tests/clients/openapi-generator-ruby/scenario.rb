# frozen_string_literal: true

# A connector's first steps with the Ruby client of OpenAPI Generator.
require "uri"
require "openapi_client"

URL = URI(ENV.fetch("FREITON_URL"))

def connect(token)
  configuration = OpenapiClient::Configuration.new
  configuration.scheme = URL.scheme
  configuration.host = "#{URL.host}:#{URL.port}"
  configuration.base_path = URL.path
  configuration.server_index = nil
  configuration.access_token = token
  OpenapiClient::ApiClient.new(configuration)
end

def assert_equal(expected, actual)
  raise "expected #{expected.inspect}, but got #{actual.inspect}" unless expected == actual
end

def assert_fails(status, error)
  yield
rescue OpenapiClient::ApiError => e
  assert_equal({ "status" => status, "error" => error }, JSON.parse(e.response_body))
else
  raise "not refused with #{status}"
end

client = connect(ENV.fetch("FREITON_TOKEN"))
acd_groups = OpenapiClient::ACDGroupsApi.new(client)
campaigns = OpenapiClient::DiallerCampaignsApi.new(client)
contacts = OpenapiClient::DiallerContactsApi.new(client)

assert_equal(40, acd_groups.list_acd_groups(1).count)

page, _status, headers = acd_groups.list_acd_groups_with_http_info(1, limit_page_size: 1)
assert_equal(["Abrechnung Firmenkunden"], page.records.map(&:name))
cursor = headers["Link"][/cursor=([^&>]+)>; rel="next"/, 1]
following = acd_groups.list_acd_groups(1, limit_page_size: 1, cursor: cursor)
assert_equal(["Abrechnung Privatkunden"], following.records.map(&:name))

found = campaigns.find_dialler_campaigns(1, "campaign")
assert_equal([[500, "Campaign 1000"]], found.records.map { |campaign| [campaign.id, campaign.name] })

{ OpenapiClient::LanguagesID::English => "Completed",
  OpenapiClient::LanguagesID::German => "Abgeschlossen" }.each do |language, content|
  codes = campaigns.list_dialler_result_codes(1, 535, language)
  assert_equal([7, content], [codes.count, codes.records.first.content])
end

body = OpenapiClient::DiallerCampaignClone.new(
  source: "Campaign 1000", destination: "My New Campaign", user_data: "UserData Field Contents"
)
cloned = campaigns.clone_dialler_campaign(1, body)
clone = cloned.records.first
assert_equal(["My New Campaign", "UserData Field Contents"], [clone.name, clone.user_data])
assert_fails(409, "Dialler campaign already exists") { campaigns.clone_dialler_campaign(1, body) }

contact = { dialler_campaigns_id: clone.id, user_data: "CON7001", name: "Mustermann", phone_number1: "+4989123456" }
imported = contacts.import_dialler_contact(1, OpenapiClient::DiallerContactImport.new(contact))
stored = imported.records.first
assert_equal([1, contact], [imported.count, contact.to_h { |field, _value| [field, stored.send(field)] }])
assert_equal(imported, contacts.get_dialler_contact(1, stored.id))

assert_equal(cloned, campaigns.get_dialler_campaign(1, clone.id))
assert_equal(200, campaigns.delete_dialler_campaign(1, clone.id).status)
assert_fails(404, "Dialler campaign not found") { campaigns.get_dialler_campaign(1, clone.id) }

users = OpenapiClient::UsersApi.new(client)
assert_equal(22, users.list_users(1).count)
assert_equal("Fischer", users.get_user(1, 17).records.first.uid)
assert_fails(404, "User not found") { users.get_user(1, 1) }

calls = OpenapiClient::CallsApi.new(client)
ongoing = calls.list_calls(1)
assert_equal(4, ongoing.count)
ufn = ongoing.records.first.ufn
assert_equal(200, calls.hold_call(1, ufn).status)
assert_fails(409, "Call is held: only a call that is connected can be held") { calls.hold_call(1, ufn) }

variables = OpenapiClient::CockpitVariablesApi.new(client)
variables.set_cockpit_variable_value(1, 192, 7)
assert_equal(3, variables.set_cockpit_variable_value(1, 192, 7).result)

applications = OpenapiClient::RoutingApplicationsApi.new(client)
run = applications.run_routing_application(1, 2793, request_body: { caller: { number: 493_023_125_112 } })
assert_equal([["caller.number", "493023125112"]], run.records.map { |variable| [variable.name, variable.value] })

stranger = OpenapiClient::ACDGroupsApi.new(connect("wrong"))
assert_fails(401, "Bearer token or ClientsID is not valid") { stranger.list_acd_groups(1) }
