-- The record of a contact, as in 0001, from two calls: stock builds of SQLite allow 127 arguments. It is not stored: it
-- would be more than all the rest. `iif` saves the call of `->` for a null.
drop view DiallerContactsPresent;

alter table DiallerContacts drop column Record;

alter table DiallerContacts add column Record text generated always as (
    rtrim(json_object(
        'ID', ID,
        'ClientsID', ClientsID,
        'DiallerCampaignsID', DiallerCampaignsID,
        'UserData', UserData,
        'Client', Client,
        'Service', Service,
        'ReferenceNumber', ReferenceNumber,
        'Name', Name,
        'FirstName', FirstName,
        'Salutation', Salutation,
        'Title', Title,
        'Company', Company,
        'Address', Address,
        'PostalCode', PostalCode,
        'City', City,
        'Country', Country,
        'Region', Region,
        'AccountOwner', AccountOwner,
        'AccountBank', AccountBank,
        'AccountNationalBankCode', AccountNationalBankCode,
        'AccountBIC', AccountBIC,
        'AccountNumber', AccountNumber,
        'AccountIBAN', AccountIBAN,
        'Amount', Amount,
        'PhoneNumber1', PhoneNumber1,
        'PhoneNumber2', PhoneNumber2,
        'PhoneNumber3', PhoneNumber3,
        'PhoneNumber4', PhoneNumber4,
        'PhoneNumber5', PhoneNumber5,
        'PhoneNumber6', PhoneNumber6,
        'FaxNumber', FaxNumber,
        'Email', Email,
        'Website', Website,
        'Comment', Comment,
        'ExternalSystemLink', ExternalSystemLink,
        'Model', Model,
        'Tag', Tag,
        'RandomSortOrder', RandomSortOrder,
        'ReservedUsersUID', ReservedUsersUID,
        'FollowUpUsersUID', FollowUpUsersUID,
        'dtImported', dtImported,
        'dtNextTry', dtNextTry,
        'dtLocked', dtLocked,
        'DiallerCampaignsResultCodesID', DiallerCampaignsResultCodesID,
        'LastAcdAgentEndReasonsID', LastAcdAgentEndReasonsID,
        'bLastResultMailbox', iif(bLastResultMailbox is null, null, '[false,true]' -> bLastResultMailbox),
        'bPhoneNumber1Invalid', iif(bPhoneNumber1Invalid is null, null, '[false,true]' -> bPhoneNumber1Invalid),
        'bPhoneNumber2Invalid', iif(bPhoneNumber2Invalid is null, null, '[false,true]' -> bPhoneNumber2Invalid),
        'bPhoneNumber3Invalid', iif(bPhoneNumber3Invalid is null, null, '[false,true]' -> bPhoneNumber3Invalid),
        'bPhoneNumber4Invalid', iif(bPhoneNumber4Invalid is null, null, '[false,true]' -> bPhoneNumber4Invalid),
        'bPhoneNumber5Invalid', iif(bPhoneNumber5Invalid is null, null, '[false,true]' -> bPhoneNumber5Invalid),
        'bPhoneNumber6Invalid', iif(bPhoneNumber6Invalid is null, null, '[false,true]' -> bPhoneNumber6Invalid),
        'nTriesPhoneNumber1', nTriesPhoneNumber1,
        'nTriesPhoneNumber2', nTriesPhoneNumber2,
        'nTriesPhoneNumber3', nTriesPhoneNumber3,
        'nTriesPhoneNumber4', nTriesPhoneNumber4,
        'nTriesPhoneNumber5', nTriesPhoneNumber5,
        'nTriesPhoneNumber6', nTriesPhoneNumber6
    ), '}') || ',' || trim(json_object(
        'nPhoneNumber1LastCause', nPhoneNumber1LastCause,
        'nPhoneNumber2LastCause', nPhoneNumber2LastCause,
        'nPhoneNumber3LastCause', nPhoneNumber3LastCause,
        'nPhoneNumber4LastCause', nPhoneNumber4LastCause,
        'nPhoneNumber5LastCause', nPhoneNumber5LastCause,
        'nPhoneNumber6LastCause', nPhoneNumber6LastCause,
        'PhoneNumber1LastAcdAgentEndReasonsID', PhoneNumber1LastAcdAgentEndReasonsID,
        'PhoneNumber2LastAcdAgentEndReasonsID', PhoneNumber2LastAcdAgentEndReasonsID,
        'PhoneNumber3LastAcdAgentEndReasonsID', PhoneNumber3LastAcdAgentEndReasonsID,
        'PhoneNumber4LastAcdAgentEndReasonsID', PhoneNumber4LastAcdAgentEndReasonsID,
        'PhoneNumber5LastAcdAgentEndReasonsID', PhoneNumber5LastAcdAgentEndReasonsID,
        'PhoneNumber6LastAcdAgentEndReasonsID', PhoneNumber6LastAcdAgentEndReasonsID
    ), '{}') || iif(Extra = '{}', '}', ',' || substr(Extra, 2))
) virtual;

-- The contacts of campaigns that are not deleted.
create view DiallerContactsPresent as
select * from DiallerContacts where DiallerCampaignsID not in (select DiallerCampaignsID from DiallerContactsPurges);
