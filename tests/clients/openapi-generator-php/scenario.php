<?php

// A connector's first steps with the PHP client of OpenAPI Generator.

declare(strict_types=1);

use OpenAPI\Client\Api\ACDGroupsApi;
use OpenAPI\Client\Api\CallsApi;
use OpenAPI\Client\Api\CockpitVariablesApi;
use OpenAPI\Client\Api\DiallerCampaignsApi;
use OpenAPI\Client\Api\DiallerContactsApi;
use OpenAPI\Client\Api\RoutingApplicationsApi;
use OpenAPI\Client\Api\UsersApi;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\AcdGroupList;
use OpenAPI\Client\Model\DiallerCampaignClone;
use OpenAPI\Client\Model\DiallerContactImport;
use OpenAPI\Client\Model\LanguagesID;

// Each warning, notice and deprecation is an error.
set_error_handler(static fn ($level, $message, $file, $line) => throw new ErrorException($message, 0, $level, $file, $line));
// Debian's packages, which need no Composer.
require_once 'GuzzleHttp/autoload.php';
spl_autoload_register(static function (string $class): void {
    require_once __DIR__ . '/client/lib/' . strtr(substr($class, strlen('OpenAPI\Client\\')), '\\', '/') . '.php';
});

function configure(string $token): Configuration
{
    return (new Configuration())->setHost((string) getenv('FREITON_URL'))->setAccessToken($token);
}

function assertSame(mixed $expected, mixed $actual): void
{
    if ($expected !== $actual) {
        throw new Exception('expected ' . json_encode($expected) . ', but got ' . json_encode($actual));
    }
}

function assertFails(int $status, string $error, callable $call): void
{
    try {
        $call();
    } catch (ApiException $refused) {
        assertSame(['status' => $status, 'error' => $error], json_decode($refused->getResponseBody(), true));
        return;
    }
    throw new Exception("not refused with $status");
}

// The client writes 1 for true, unless it is told otherwise here.
Configuration::getDefaultConfiguration()->setBooleanFormatForQueryString(Configuration::BOOLEAN_FORMAT_STRING);
$configuration = configure((string) getenv('FREITON_TOKEN'));
$acdGroups = new ACDGroupsApi(config: $configuration);
$campaigns = new DiallerCampaignsApi(config: $configuration);
$contacts = new DiallerContactsApi(config: $configuration);

function names(AcdGroupList $groups): array
{
    return array_map(static fn ($group) => $group->getName(), $groups->getRecords());
}

assertSame(40, $acdGroups->listAcdGroups(1)->getCount());

[$page, , $headers] = $acdGroups->listAcdGroupsWithHttpInfo(1, limit_page_size: 1);
assertSame(['Abrechnung Firmenkunden'], names($page));
preg_match('/cursor=([^&>]+)>; rel="next"/', array_change_key_case($headers)['link'][0], $next);
assertSame(['Abrechnung Privatkunden'], names($acdGroups->listAcdGroups(1, limit_page_size: 1, cursor: $next[1])));

$found = $campaigns->findDiallerCampaigns(1, 'campaign')->getRecords();
assertSame([[500, 'Campaign 1000']], array_map(static fn ($found) => [$found->getId(), $found->getName()], $found));

foreach ([LanguagesID::ENGLISH => 'Completed', LanguagesID::GERMAN => 'Abgeschlossen'] as $language => $content) {
    $codes = $campaigns->listDiallerResultCodes(1, 535, $language);
    assertSame([7, $content], [$codes->getCount(), $codes->getRecords()[0]->getContent()]);
}

$body = new DiallerCampaignClone(
    ['source' => 'Campaign 1000', 'destination' => 'My New Campaign', 'user_data' => 'UserData Field Contents']
);
$cloned = $campaigns->cloneDiallerCampaign(1, $body);
$clone = $cloned->getRecords()[0];
assertSame(['My New Campaign', 'UserData Field Contents'], [$clone->getName(), $clone->getUserData()]);
assertFails(409, 'Dialler campaign already exists', static fn () => $campaigns->cloneDiallerCampaign(1, $body));

$contact = (new DiallerContactImport())->setDiallerCampaignsId($clone->getId())->setUserData('CON7001')
    ->setName('Mustermann')->setPhoneNumber1('+4989123456');
$imported = $contacts->importDiallerContact(1, $contact);
$stored = $imported->getRecords()[0];
assertSame(
    [1, $clone->getId(), 'CON7001', 'Mustermann', '+4989123456'],
    [$imported->getCount(), $stored->getDiallerCampaignsId(), $stored->getUserData(), $stored->getName(),
        $stored->getPhoneNumber1()]
);
assertSame((string) $imported, (string) $contacts->getDiallerContact(1, $stored->getId()));

assertSame((string) $cloned, (string) $campaigns->getDiallerCampaign(1, $clone->getId()));
assertSame(200, $campaigns->deleteDiallerCampaign(1, $clone->getId())->getStatus());
assertFails(404, 'Dialler campaign not found', static fn () => $campaigns->getDiallerCampaign(1, $clone->getId()));

$users = new UsersApi(config: $configuration);
assertSame(22, $users->listUsers(1)->getCount());
assertSame('Fischer', $users->getUser(1, 17)->getRecords()[0]->getUid());
assertFails(404, 'User not found', static fn () => $users->getUser(1, 1));

$calls = new CallsApi(config: $configuration);
$ongoing = $calls->listCalls(1);
assertSame(4, $ongoing->getCount());
$ufn = $ongoing->getRecords()[0]->getUfn();
assertSame(200, $calls->holdCall(1, $ufn)->getStatus());
$held = 'Call is held: only a call that is connected can be held';
assertFails(409, $held, static fn () => $calls->holdCall(1, $ufn));

$variables = new CockpitVariablesApi(config: $configuration);
$variables->setCockpitVariableValue(1, 192, 7);
assertSame(3, $variables->setCockpitVariableValue(1, 192, 7)->getResult());

$applications = new RoutingApplicationsApi(config: $configuration);
$run = $applications->runRoutingApplication(1, 2793, ['caller' => ['number' => 493023125112]])->getRecords();
assertSame([['caller.number', '493023125112']], array_map(
    static fn ($variable) => [$variable->getName(), $variable->getValue()],
    $run
));

$stranger = new ACDGroupsApi(config: configure('wrong'));
assertFails(401, 'Bearer token or ClientsID is not valid', static fn () => $stranger->listAcdGroups(1));
