/** Manifests the tests start from. */

export const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels:
        app: web
        version: v1
    spec:
      containers:
      - name: app
        image: example.org/web:1
        ports:
        - name: http
          containerPort: 8080
`

export const service = `# the shop's front door
apiVersion: v1
kind: Service
metadata: {name: "web",   labels: { app: web } }
spec:
    ports: [ {port: 80, targetPort: 8080} ]   # odd, but ours
`
