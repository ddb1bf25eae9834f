"""The pages of requests for institution staff: fetch through `visible_to`, call one verb or query, show the outcome."""
