import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.ApiResponse;
import org.openapitools.client.api.AcdGroupsApi;
import org.openapitools.client.api.CallsApi;
import org.openapitools.client.api.CockpitVariablesApi;
import org.openapitools.client.api.DiallerCampaignsApi;
import org.openapitools.client.api.DiallerContactsApi;
import org.openapitools.client.api.RoutingApplicationsApi;
import org.openapitools.client.api.UsersApi;
import org.openapitools.client.model.AcdGroup;
import org.openapitools.client.model.AcdGroupList;
import org.openapitools.client.model.CallList;
import org.openapitools.client.model.DiallerCampaignClone;
import org.openapitools.client.model.DiallerCampaign;
import org.openapitools.client.model.DiallerCampaignFound;
import org.openapitools.client.model.DiallerContact;
import org.openapitools.client.model.DiallerContactFound;
import org.openapitools.client.model.DiallerContactImport;
import org.openapitools.client.model.DiallerResultCodeFound;
import org.openapitools.client.model.LanguagesID;
import org.openapitools.client.model.RoutingApplicationVariable;

/** A connector's first steps with the Java client of OpenAPI Generator. */
public final class Scenario {
  private static final long CLIENT = 1;
  private static final Pattern NEXT = Pattern.compile("cursor=([^&>]+)>; rel=\"next\"");

  private interface Call {
    void make() throws ApiException;
  }

  public static void main(String[] arguments) throws ApiException {
    ApiClient client = connect(System.getenv("FREITON_TOKEN"));
    readGroups(new AcdGroupsApi(client));
    DiallerCampaignsApi campaigns = new DiallerCampaignsApi(client);
    readCampaigns(campaigns);
    cloneCampaign(campaigns, new DiallerContactsApi(client));

    readUsers(new UsersApi(client));
    holdCall(new CallsApi(client));
    runApplication(new RoutingApplicationsApi(client));

    CockpitVariablesApi variables = new CockpitVariablesApi(client);
    variables.setCockpitVariableValue(CLIENT, 192L, 7L);
    assertEquals(3, variables.setCockpitVariableValue(CLIENT, 192L, 7L).getResult());

    AcdGroupsApi stranger = new AcdGroupsApi(connect("wrong"));
    assertFails(() -> list(stranger, null, null), 401, "Bearer token or ClientsID is not valid");
  }

  private static ApiClient connect(String token) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("FREITON_URL"));
    client.setRequestInterceptor((HttpRequest.Builder request) -> request.header("Authorization", "Bearer " + token));
    return client;
  }

  private static ApiResponse<AcdGroupList> list(AcdGroupsApi api, Long pageSize, String cursor) throws ApiException {
    return api.listAcdGroupsWithHttpInfo(CLIENT, null, null, pageSize, null, null, cursor, null);
  }

  private static void readGroups(AcdGroupsApi api) throws ApiException {
    assertEquals(40L, list(api, null, null).getData().getCount());

    ApiResponse<AcdGroupList> page = list(api, 1L, null);
    assertEquals(List.of("Abrechnung Firmenkunden"), names(page));
    String cursor = NEXT.matcher(page.getHeaders().get("link").get(0)).results().findFirst().orElseThrow().group(1);
    assertEquals(List.of("Abrechnung Privatkunden"), names(list(api, 1L, cursor)));
  }

  private static List<String> names(ApiResponse<AcdGroupList> page) {
    return page.getData().getRecords().stream().map(AcdGroup::getName).toList();
  }

  private static void readCampaigns(DiallerCampaignsApi api) throws ApiException {
    List<DiallerCampaign> found = api.findDiallerCampaigns(CLIENT, "campaign", null).getRecords();
    assertEquals(List.of("Campaign 1000"), found.stream().map(DiallerCampaign::getName).toList());

    Map<LanguagesID, String> contents =
        Map.of(LanguagesID.English, "Completed", LanguagesID.German, "Abgeschlossen");
    for (Map.Entry<LanguagesID, String> expected : contents.entrySet()) {
      DiallerResultCodeFound codes = api.listDiallerResultCodes(CLIENT, 535L, expected.getKey(), null);
      assertEquals(7L, codes.getCount());
      assertEquals(expected.getValue(), codes.getRecords().get(0).getContent());
    }
  }

  private static void cloneCampaign(DiallerCampaignsApi api, DiallerContactsApi contacts) throws ApiException {
    DiallerCampaignClone body =
        new DiallerCampaignClone().source("Campaign 1000").destination("My New Campaign").userData("UserData Field Contents");
    DiallerCampaignFound cloned = api.cloneDiallerCampaign(CLIENT, body, null);
    DiallerCampaign clone = cloned.getRecords().get(0);
    assertEquals("My New Campaign", clone.getName());
    assertEquals("UserData Field Contents", clone.getUserData());
    assertFails(() -> api.cloneDiallerCampaign(CLIENT, body, null), 409, "Dialler campaign already exists");

    importContact(contacts, clone.getID());

    assertEquals(cloned, api.getDiallerCampaign(CLIENT, clone.getID(), null));
    assertEquals(200, api.deleteDiallerCampaign(CLIENT, clone.getID()).getStatus());
    assertFails(() -> api.getDiallerCampaign(CLIENT, clone.getID(), null), 404, "Dialler campaign not found");
  }

  private static void importContact(DiallerContactsApi api, long campaign) throws ApiException {
    DiallerContactImport contact =
        new DiallerContactImport()
            .diallerCampaignsID(campaign)
            .userData("CON7001")
            .name("Mustermann")
            .phoneNumber1("+4989123456");
    DiallerContactFound imported = api.importDiallerContact(CLIENT, contact, null, null);
    assertEquals(1L, imported.getCount());
    DiallerContact stored = imported.getRecords().get(0);
    assertEquals(campaign, stored.getDiallerCampaignsID());
    assertEquals("CON7001", stored.getUserData());
    assertEquals("Mustermann", stored.getName());
    assertEquals("+4989123456", stored.getPhoneNumber1());
    assertEquals(imported, api.getDiallerContact(CLIENT, stored.getID(), null));
  }

  private static void readUsers(UsersApi api) throws ApiException {
    assertEquals(22L, api.listUsers(CLIENT, null, null, null, null, null, null, null).getCount());
    assertEquals("Fischer", api.getUser(CLIENT, 17L, null).getRecords().get(0).getUID());
    assertFails(() -> api.getUser(CLIENT, 1L, null), 404, "User not found");
  }

  private static void holdCall(CallsApi api) throws ApiException {
    CallList calls = api.listCalls(CLIENT, null);
    assertEquals(4L, calls.getCount());
    String ufn = calls.getRecords().get(0).getUFN();
    assertEquals(200, api.holdCall(CLIENT, ufn).getStatus());
    assertFails(() -> api.holdCall(CLIENT, ufn), 409, "Call is held: only a call that is connected can be held");
  }

  private static void runApplication(RoutingApplicationsApi api) throws ApiException {
    Map<String, Object> variables = Map.of("caller", Map.of("number", 493023125112L));
    List<RoutingApplicationVariable> result = api.runRoutingApplication(CLIENT, 2793L, variables).getRecords();
    assertEquals(1, result.size());
    assertEquals("caller.number", result.get(0).getName());
    assertEquals("493023125112", result.get(0).getValue());
  }

  private static void assertFails(Call call, int status, String error) {
    try {
      call.make();
    } catch (ApiException refused) {
      assertEquals(status, refused.getCode());
      assertEquals("{\"status\":" + status + ",\"error\":\"" + error + "\"}", refused.getResponseBody());
      return;
    }
    throw new AssertionError("not refused with " + status);
  }

  private static void assertEquals(Object expected, Object actual) {
    if (!Objects.equals(expected, actual)) {
      throw new AssertionError("expected " + expected + ", but got " + actual);
    }
  }
}
