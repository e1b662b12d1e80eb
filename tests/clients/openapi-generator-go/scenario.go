// A connector's first steps with the Go client of OpenAPI Generator.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"regexp"

	freiton "freiton/client"
)

var next = regexp.MustCompile(`cursor=([^&>]+)>; rel="next"`)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func assertEqual(expected, actual any) {
	if !reflect.DeepEqual(expected, actual) {
		panic(fmt.Sprintf("expected %v, but got %v", expected, actual))
	}
}

func assertFails(err error, status int32, text string) {
	refused, ok := err.(*freiton.GenericOpenAPIError)
	if !ok {
		panic(fmt.Sprintf("not refused with %v: %v", status, err))
	}
	assertEqual(freiton.ErrorAnswer{Status: status, Error: text}, refused.Model())
}

func readGroups(ctx context.Context, api *freiton.ACDGroupsAPIService) {
	groups, _, err := api.ListAcdGroups(ctx, 1).Execute()
	assertEqual(int64(40), must(groups, err).Count)

	page, answer, err := api.ListAcdGroups(ctx, 1).LimitPageSize(1).Execute()
	assertEqual("Abrechnung Firmenkunden", must(page, err).Records[0].Name)
	cursor := next.FindStringSubmatch(answer.Header.Get("Link"))[1]
	following, _, err := api.ListAcdGroups(ctx, 1).LimitPageSize(1).Cursor(cursor).Execute()
	assertEqual("Abrechnung Privatkunden", must(following, err).Records[0].Name)

	stranger := context.WithValue(ctx, freiton.ContextAccessToken, "wrong")
	_, _, err = api.ListAcdGroups(stranger, 1).Execute()
	assertFails(err, 401, "Bearer token or ClientsID is not valid")
}

func readCampaigns(ctx context.Context, api *freiton.DiallerCampaignsAPIService) {
	found, _, err := api.FindDiallerCampaigns(ctx, 1).Name("campaign").Execute()
	assertEqual(1, len(must(found, err).Records))
	assertEqual("Campaign 1000", found.Records[0].Name)

	contents := map[freiton.LanguagesID]string{freiton.LANGUAGESID_English: "Completed", freiton.LANGUAGESID_German: "Abgeschlossen"}
	for language, content := range contents {
		codes, _, err := api.ListDiallerResultCodes(ctx, 1, 535).LanguagesID(language).Execute()
		assertEqual(int64(7), must(codes, err).Count)
		assertEqual(content, codes.Records[0].GetContent())
	}
}

func cloneCampaign(ctx context.Context, client *freiton.APIClient) {
	api := client.DiallerCampaignsAPI
	body := freiton.NewDiallerCampaignClone("Campaign 1000", "My New Campaign")
	body.SetUserData("UserData Field Contents")
	cloned, _, err := api.CloneDiallerCampaign(ctx, 1).DiallerCampaignClone(*body).Execute()
	clone := must(cloned, err).Records[0]
	assertEqual("My New Campaign", clone.Name)
	assertEqual("UserData Field Contents", clone.GetUserData())
	_, _, err = api.CloneDiallerCampaign(ctx, 1).DiallerCampaignClone(*body).Execute()
	assertFails(err, 409, "Dialler campaign already exists")

	importContact(ctx, client.DiallerContactsAPI, clone.ID)

	got, _, err := api.GetDiallerCampaign(ctx, 1, clone.ID).Execute()
	assertEqual(cloned, must(got, err))
	done, _, err := api.DeleteDiallerCampaign(ctx, 1, clone.ID).Execute()
	assertEqual(int32(200), must(done, err).Status)
	_, _, err = api.GetDiallerCampaign(ctx, 1, clone.ID).Execute()
	assertFails(err, 404, "Dialler campaign not found")
}

func importContact(ctx context.Context, api *freiton.DiallerContactsAPIService, campaign int64) {
	contact := freiton.NewDiallerContactImport("Mustermann")
	contact.SetDiallerCampaignsID(campaign)
	contact.SetUserData("CON7001")
	contact.SetPhoneNumber1("+4989123456")
	imported, _, err := api.ImportDiallerContact(ctx, 1).DiallerContactImport(*contact).Execute()
	assertEqual(int64(1), must(imported, err).Count)
	stored := imported.Records[0]
	assertEqual(campaign, stored.DiallerCampaignsID)
	assertEqual("CON7001", stored.GetUserData())
	assertEqual("Mustermann", stored.Name)
	assertEqual("+4989123456", stored.GetPhoneNumber1())
	got, _, err := api.GetDiallerContact(ctx, 1, stored.ID).Execute()
	assertEqual(imported, must(got, err))
}

func readUsers(ctx context.Context, api *freiton.UsersAPIService) {
	users, _, err := api.ListUsers(ctx, 1).Execute()
	assertEqual(int64(22), must(users, err).Count)
	user, _, err := api.GetUser(ctx, 1, 17).Execute()
	assertEqual("Fischer", must(user, err).Records[0].UID)
	_, _, err = api.GetUser(ctx, 1, 1).Execute()
	assertFails(err, 404, "User not found")
}

func holdCall(ctx context.Context, api *freiton.CallsAPIService) {
	calls, _, err := api.ListCalls(ctx, 1).Execute()
	assertEqual(int64(4), must(calls, err).Count)
	held, _, err := api.HoldCall(ctx, 1, calls.Records[0].UFN).Execute()
	assertEqual(int32(200), must(held, err).Status)
	_, _, err = api.HoldCall(ctx, 1, calls.Records[0].UFN).Execute()
	assertFails(err, 409, "Call is held: only a call that is connected can be held")
}

func runApplication(ctx context.Context, api *freiton.RoutingApplicationsAPIService) {
	variables := map[string]any{"caller": map[string]any{"number": 493023125112}}
	run, _, err := api.RunRoutingApplication(ctx, 1, 2793).RequestBody(variables).Execute()
	assertEqual(1, len(must(run, err).Records))
	assertEqual("caller.number", run.Records[0].Name)
	assertEqual("493023125112", run.Records[0].Value)
}

func main() {
	configuration := freiton.NewConfiguration()
	configuration.Servers = freiton.ServerConfigurations{{URL: os.Getenv("FREITON_URL")}}
	client := freiton.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), freiton.ContextAccessToken, os.Getenv("FREITON_TOKEN"))

	readGroups(ctx, client.ACDGroupsAPI)
	readCampaigns(ctx, client.DiallerCampaignsAPI)
	cloneCampaign(ctx, client)

	readUsers(ctx, client.UsersAPI)
	holdCall(ctx, client.CallsAPI)
	runApplication(ctx, client.RoutingApplicationsAPI)

	setting := client.CockpitVariablesAPI.SetCockpitVariableValue(ctx, 1, 192).Value(7)
	set, _, err := setting.Execute()
	assertEqual(int32(200), must(set, err).Status)
	set, _, err = setting.Execute()
	assertEqual(int32(3), must(set, err).Result)
}
