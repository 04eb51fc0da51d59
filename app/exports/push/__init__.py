"""An answer's rows sent to a mailing tool, a CRM or a webhook over its API."""
