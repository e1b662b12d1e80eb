"""A small contract without a defect, and changes that make one, each with what the rules find of it."""

SOUND = """
openapi: 3.0.3
info: {title: Shop, version: 1.0.0}
tags:
  - {name: Orders, description: The orders.}
paths:
  /orders:
    post:
      operationId: createOrder
      description: If no answer comes, look for it.
      requestBody:
        description: The order.
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Order'}
            example: {number: 1}
      responses:
        '200':
          description: The order
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Receipt'}
              examples: {any: {summary: A receipt, value: {currency: EUR}}}
          headers:
            X-Total-Count: {description: How many there are., schema: {$ref: '#/components/schemas/Number'}}
            X-API-Version: {$ref: '#/components/headers/Any'}
            X-Request-ID: {$ref: '#/components/headers/Any'}
          links:
            Next: {$ref: '#/components/links/Next'}
  /orders/{number}:
    get:
      operationId: getOrder
      parameters:
        - name: number
          in: path
          required: true
          description: The number of the order.
          schema: {$ref: '#/components/schemas/Number'}
          example: 1
        - name: language
          in: query
          description: The language of the texts.
          schema: {$ref: '#/components/schemas/Text'}
      responses:
        '200':
          description: The order
          headers:
            X-API-Version: {$ref: '#/components/headers/Any'}
            X-Request-ID: {$ref: '#/components/headers/Any'}
components:
  headers:
    Any: {description: Anything., schema: {$ref: '#/components/schemas/Text'}}
  links:
    Next:
      operationId: getOrder
      description: The order.
      parameters: {number: $response.body#/number}
    Another:
      operationId: createOrder
      description: Another order.
  schemas:
    Number: {type: integer, format: int64, description: A number.}
    Text: {type: string, description: A text.}
    Receipt:
      type: object
      description: What has been ordered.
      properties: {currency: {type: string, description: The currency.}, note: {$ref: '#/components/schemas/Text'}}
    Order:
      type: object
      description: An order.
      additionalProperties: false
      required: [number]
      properties:
        number: {$ref: '#/components/schemas/Number'}
        sent: {type: string, format: date, description: When it was sent.}
        lines:
          type: array
          description: Its lines.
          items: {type: object, required: [text], properties: {text: {$ref: '#/components/schemas/Text'}}}
      anyOf:
        - properties: {sent: {enum: ['2021-01-01']}}
        - properties: {sent: {enum: ['2020-01-01']}}
"""
DEFECTS = {
    "duplicate key": (
        "Number: {type: integer, ",
        "Number: {type: integer, type: integer, ",
        "line 62: duplicate key type",
    ),
    "template": ("title: Shop", "title: '{{Shop}}'", "line 3: {{"),
    "end of comment": ("description: A text.", "description: A text */.", "line 63: */"),
    "long introduction": (
        "{title: Shop, ",
        "{title: Shop, description: " + 501 * "x" + ", ",
        "info/description: has more than 500 characters",
    ),
    "link to unknown operation": (
        "operationId: getOrder\n      description",
        "operationId: getOrders\n      description",
        "components/links/Next: unknown operation getOrders",
    ),
    "link with unknown parameter": (
        "parameters: {number: ",
        "parameters: {id: 1, number: ",
        "components/links/Next: parameter id is unknown",
    ),
    "link without required parameter": (
        "parameters: {number: $response.body#/number}",
        "parameters: {language: de}",
        "components/links/Next: parameter number is missing",
    ),
    "link with body": (
        "description: Another order.",
        "description: Another order.\n      requestBody: {number: 1}",
        "components/links/Another: has a body",
    ),
    "link with number": (
        "parameters: {number: $response.body#/number}",
        "parameters: {number: 1}",
        "components/links/Next: parameter number is no text",
    ),
    "link to operation with body": (
        "        description: The order.\n        content:\n",
        "        description: The order.\n        required: true\n        content:\n",
        "components/links/Another: createOrder needs a body",
    ),
    "required parameter without example": (
        "          example: 1\n",
        "          examples: {any: {summary: A number, value: 1}}\n",
        "getOrder: parameter number has no example",
    ),
    "body without example": (
        "            example: {number: 1}\n",
        "",
        "createOrder: request in application/json has no example",
    ),
    "answer without example": (
        "              examples: {any: {summary: A receipt, value: {currency: EUR}}}\n",
        "",
        "createOrder: 200 in application/json has no example",
    ),
    "answer without a header field of every answer": (
        "          headers:\n            X-API-Version: {$ref: '#/components/headers/Any'}\n",
        "          headers:\n",
        "getOrder: 200 does not declare X-API-Version",
    ),
    "write that says nothing of lost answers": (
        "If no answer comes, look for it.",
        "Creates it.",
        "createOrder: does not say what may have happened if no answer comes",
    ),
    "components of one name": (
        "components:\n  headers:\n",
        "components:\n  headers:\n    Text: {description: Another., schema: {$ref: '#/components/schemas/Text'}}\n",
        "components: Text is a name in headers, schemas",
    ),
    "reference to body": (
        "components:\n",
        "    put:\n      operationId: putOrder\n      requestBody: {$ref: '#/components/requestBodies/OrderBody'}\n"
        "      responses: {}\n"
        "components:\n  requestBodies:\n    OrderBody: {description: The order., content: {}}\n",
        "putOrder: the body is a reference",
    ),
    "reference to success": (
        "components:\n",
        "    delete:\n      operationId: deleteOrder\n      responses:\n"
        "        '200': {$ref: '#/components/responses/Gone'}\n        '404': {$ref: '#/components/responses/None'}\n"
        "components:\n  responses:\n    Gone: {description: It is gone}\n    None: {description: There is none}\n",
        "deleteOrder: the answer 200 is a reference",
    ),
    "unknown format": (
        "format: date,",
        "format: datetime,",
        "components/schemas/Order/properties/sent: unknown format datetime of string",
    ),
    "format of another type": (
        "format: int64",
        "format: double",
        "components/schemas/Number: unknown format double of integer",
    ),
    "schema without description": (
        ", description: A text.",
        "",
        "components/schemas/Text: no description",
    ),
    "property without description": (
        ", description: When it was sent.",
        "",
        "components/schemas/Order/properties/sent: no description",
    ),
    "property of item without description": (
        "{text: {$ref: '#/components/schemas/Text'}}",
        "{text: {type: string}}",
        "components/schemas/Order/properties/lines/items/properties/text: no description",
    ),
    "parameter without description": (
        "          description: The language of the texts.\n",
        "",
        "paths//orders/{number}/get/parameters/1: no description",
    ),
    "header without description": (
        "description: How many there are., ",
        "",
        "paths//orders/post/responses/200/headers/X-Total-Count: no description",
    ),
    "tag without description": (", description: The orders.", "", "tags/0: no description"),
    "empty description": ("description: A text.", "description: ''", "components/schemas/Text: no description"),
    "closed schema with further properties under allOf": (
        "anyOf:\n",
        "allOf:\n        - properties: {paid: {type: boolean, description: Whether it is paid.}}\n      anyOf:\n",
        "components/schemas/Order: closed, but combined with paid",
    ),
    "closed part of allOf": (
        "schemas:\n",
        "schemas:\n    Gift: {description: A gift., properties: {note: {$ref: '#/components/schemas/Text'}},"
        " allOf: [{$ref: '#/components/schemas/Order'}]}\n",
        "components/schemas/Gift: closed, but combined with note",
    ),
    "properties beside a base": (
        "schemas:\n",
        "schemas:\n    Gift: {description: A gift., properties: {note: {$ref: '#/components/schemas/Text'}},"
        " allOf: [{$ref: '#/components/schemas/Order'}]}\n",
        "components/schemas/Gift: has properties beside a base",
    ),
    "properties beside not": (
        "schemas:\n",
        "schemas:\n    Gift: {description: A gift., properties: {note: {$ref: '#/components/schemas/Text'}},"
        " not: {properties: {note: {maxLength: 0}}}}\n",
        "components/schemas/Gift: has properties beside not",
    ),
    "required name that is no property": (
        "required: [number]",
        "required: [number, id]",
        "components/schemas/Order: required id is no property",
    ),
    "required name of a part that is no property": (
        "- properties: {sent: {enum: ['2021",
        "- required: [Sent]\n          properties: {sent: {enum: ['2021",
        "components/schemas/Order/anyOf/0: required Sent is no property",
    ),
    "limit on items": (
        "description: Its lines.",
        "description: Its lines.\n          maxItems: 1000",
        "components/schemas/Order/properties/lines: has maxItems",
    ),
    "length beyond 32 bits": (
        "description: The currency.",
        "maxLength: 2147483648, description: The currency.",
        "components/schemas/Receipt/properties/currency: maxLength has more than 32 bits",
    ),
    "enum in answer": (
        "description: The currency.",
        "enum: [EUR], description: The currency.",
        "components/schemas/Receipt/properties/currency: is an enum in an answer",
    ),
    "enum deep in answer": (
        "description: A text.",
        "enum: [thanks], description: A text.",
        "components/schemas/Text: is an enum in an answer",
    ),
    "object without properties": (
        "currency: {type: string, ",
        "currency: {type: object, ",
        "components/schemas/Receipt/properties/currency: is an object without properties",
    ),
    "required name in a case only": (
        "- properties: {sent: {enum: ['2021",
        "- required: [sent]\n          properties: {sent: {enum: ['2021",
        "components/schemas/Order/anyOf/0: requires sent in a case only",
    ),
    "required name of an item that is no property": (
        "required: [text]",
        "required: [number]",
        "components/schemas/Order/properties/lines/items: required number is no property",
    ),
    "schemas that differ by case": (
        "schemas:\n",
        "schemas:\n    text: {type: string, description: A text.}\n",
        "components/schemas: text, Text differ by case only",
    ),
    "operations that differ by case": (
        "operationId: createOrder\n      description: If",
        "operationId: getorder\n      description: If",
        "operations: getorder, getOrder differ by case only",
    ),
    "parameters that differ by case": (
        "name: language",
        "name: Number",
        "getOrder: number, Number differ by case only",
    ),
}
